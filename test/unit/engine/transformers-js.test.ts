/** Packages of transformers.js through the engine, on models whose answers are calculated by hand. */

import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, EngineError } from '@pilotlight/engine';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preload } from '../../../functions/app/src/settings/preload.ts';
import { parseModelParameters } from '../../../layers/engine/src/runtimes/transformers-js/parameters.ts';
import { TransformersJsModel } from '../../../layers/engine/src/runtimes/transformers-js/transformers-js-model.ts';
import { packageTransformersJs } from '../../../model-assets/toolchain/src/transformers-js/package-model.ts';
import { SAMPLING_RATE, wavOf, writeAudioModel, writeImageModel } from '../../fixtures/pipelines.ts';
import { silent } from '../functions/fake-engine.ts';
import { temporaryFolder } from '../toolchain/temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const common = { packages, version: '1.0.0', force: false };
const engine = new Engine({ packages });

const imageOf = (r: number, g: number, b: number) =>
  sharp({ create: { width: 9, height: 7, channels: 3, background: { r, g, b } } });
const png = (r: number, g: number, b: number) => imageOf(r, g, b).png().toBuffer();
const base64 = async (r: number, g: number, b: number) => (await png(r, g, b)).toString('base64');

/** Softmax of ten times the share of each channel, best first. */
function scoresOf(channels: readonly [number, number, number]) {
  const exponentials = channels.map((value) => Math.exp((10 * value) / 255));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return ['red', 'green', 'blue']
    .map((label, index) => ({ label, score: expect.closeTo((exponentials[index] ?? 0) / sum, 5) }))
    .sort((left, right) => right.score.sample - left.score.sample);
}

beforeAll(async () => {
  writeImageModel(join(folder, 'image'));
  writeAudioModel(join(folder, 'audio'));
  const image = { ...common, source: join(folder, 'image'), task: 'image-classification' } as const;
  await packageTransformersJs({ ...image, name: 'colours' });
  await packageTransformersJs({ ...image, name: 'features', task: 'image-feature-extraction' });
  await packageTransformersJs({ ...image, name: 'damaged' });
  appendFileSync(join(packages, 'damaged/1.0.0/config.json'), ' ');
  await packageTransformersJs({
    ...common,
    source: join(folder, 'audio'),
    task: 'audio-classification',
    name: 'signs',
  });
}, 30_000);

afterAll(() => engine.dispose());

describe('a package of transformers.js', () => {
  it('is loaded before the first request, as other packages are', async () => {
    const first = new Engine({ packages });
    const preloaded = preload(first, ['colours'], silent);
    await preloaded.settled;
    expect([...preloaded.states()]).toEqual([['colours', 'ready']]);
    expect(first.loaded().map(({ manifest }) => manifest.name)).toEqual(['colours']);
    await first.dispose();
  });

  it('classifies an image in base64 as calculated by hand, alone and in a list', async () => {
    const red = await base64(255, 0, 51);
    const one = await engine.predict('colours', red, { top_k: 3 });
    expect(one.results).toEqual([scoresOf([255, 0, 51])]);
    expect(one.model).toEqual({ name: 'colours', version: '1.0.0', variant: 'fp32' });
    expect(one.timings.inferMs).toBeGreaterThan(0);
    const blue = `data:image/png;base64,${await base64(0, 102, 204)}`;
    const two = await engine.predict('colours', [red, blue], { top_k: 3 });
    expect(two.results).toEqual([scoresOf([255, 0, 51]), scoresOf([0, 102, 204])]);
  });

  it('takes the bytes of JPEG, WebP and GIF files', async () => {
    const image = imageOf(255, 0, 0);
    for (const file of [image.jpeg(), image.webp(), image.gif()]) {
      const { results } = await engine.predict('colours', await file.toBuffer(), { top_k: 1 });
      expect(results).toMatchObject([[{ label: 'red' }]]);
    }
  });

  it('classifies recordings by the mean of their channels', async () => {
    const mono = wavOf([0.5, 0.25, 0.75, 0.5]);
    const stereo = wavOf([0.75, 0.25, 0.5, 0, 0.75, 0.75], { channels: 2 });
    const { results } = await engine.predict('signs', [mono.toString('base64'), stereo]);
    const up = (mean: number) => 1 / (1 + Math.exp(-2 * mean));
    expect(results).toMatchObject([
      [{ label: 'up', score: expect.closeTo(up(0.5), 4) }, { label: 'down' }],
      [{ label: 'up', score: expect.closeTo(up(0.5), 4) }, { label: 'down' }],
    ]);
  });

  it.each([
    ['a URL', 'https://example.com/cat.png', /is a URL, and none is fetched/],
    ['a path', '/etc/hostname', /must be a PNG, JPEG, WebP or GIF file/],
    ['a file of another kind', Buffer.from('<svg/>').toString('base64'), /must be a PNG/],
    ['a number', 7, /in base64/],
    ['an empty text', '', /must be a PNG/],
  ])('refuses %s, before anything is decoded', async (_what, input, message) => {
    await expect(engine.predict('colours', input)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(message),
      details: { field: 'inputs' },
    });
  });

  it('refuses an image that no decoder can read, and one of too many pixels', async () => {
    const file = await png(0, 0, 0);
    const cut = file.subarray(0, 40);
    const huge = Buffer.from(file);
    huge.writeUInt32BE(30_000, 16);
    huge.writeUInt32BE(30_000, 20);
    for (const broken of [cut, huge]) {
      await expect(engine.predict('colours', broken)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('refuses a recording of another sampling rate with both numbers', async () => {
    await expect(engine.predict('signs', wavOf([0, 0], { rate: 44_100 }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(`44100 samples a second; this model takes ${SAMPLING_RATE}`),
    });
  });

  it('refuses a parameter that is neither a value nor a list of values', async () => {
    await expect(engine.predict('colours', await png(0, 0, 0), { top_k: { a: 1 } })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { field: 'parameters.top_k' },
    });
  });

  it.each([-1, 0, 1.5, 'many', 1001, [1]])(
    'refuses a top_k of %j, which the graph would fail on',
    async (top_k) => {
      await expect(engine.predict('colours', await png(0, 0, 0), { top_k })).rejects.toMatchObject({
        code: 'INVALID_PARAMETER',
        message: 'parameters.top_k: must be a whole number from 1 to 1000.',
      });
    },
  );

  it('refuses a value that only the pipeline can judge, and answers without it', async () => {
    const image = await png(255, 0, 0);
    await expect(engine.predict('features', image, { pool: true })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: expect.stringMatching(/^parameters\.pool: the model cannot be run with this value/),
      details: { field: 'parameters.pool' },
    });
    await expect(engine.predict('features', image, { pool: true, other: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/^parameters: .* these values of pool, other/),
      details: { field: 'parameters' },
    });
    expect((await engine.predict('features', image, { pool: false })).results).toHaveLength(1);
  });

  it('fails where an input cannot be run with or without its parameters', async () => {
    const { manifest } = await engine.model('features');
    if (manifest.runtime !== 'transformers.js') throw new TypeError('features is a pipeline');
    const runs: unknown[] = [];
    const failing = new TransformersJsModel({
      manifest,
      open: {
        samplingRate: undefined,
        run: (_input, _second, parameters) => {
          runs.push(parameters);
          return Promise.reject(new EngineError('SESSION_FAILED', 'It broke.'));
        },
        dispose: () => Promise.resolve(),
      },
      loadTimings: { openMs: 0, verifyMs: 0, tokenizerMs: 0, sessionMs: 0, totalMs: 0 },
      maxQueuedRequests: 1,
    });
    const image = await png(0, 0, 0);
    await expect(failing.predict(image, { pool: true })).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    await expect(failing.predict(image)).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    expect(runs).toEqual([{ pool: true }, {}, {}]);
  });

  it('lets a call under way finish all its inputs before it is freed, and refuses what comes after', async () => {
    const { manifest } = await engine.model('colours');
    if (manifest.runtime !== 'transformers.js') throw new TypeError('colours is a pipeline');
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const happened: unknown[] = [];
    const writer = new TransformersJsModel({
      manifest: { ...manifest, task: 'text-generation' },
      open: {
        samplingRate: undefined,
        run: async (input) => {
          await gate;
          happened.push(input);
          return input;
        },
        dispose: async () => {
          happened.push('freed');
        },
      },
      loadTimings: { openMs: 0, verifyMs: 0, tokenizerMs: 0, sessionMs: 0, totalMs: 0 },
      maxQueuedRequests: 2,
    });
    const underWay = [writer.predict(['a', 'b', 'c']), writer.predict('d')];
    const disposed = writer.dispose();
    await expect(writer.predict('e')).rejects.toMatchObject({ code: 'PREDICTOR_DISPOSED' });
    open();
    const [three, one] = await Promise.all(underWay);
    await disposed;
    expect(three?.results).toEqual(['a', 'b', 'c']);
    expect(one?.results).toEqual(['d']);
    expect(happened).toEqual(['a', 'd', 'b', 'c', 'freed']);
  });

  it('refuses texts that are far too long before the pipeline sees them', async () => {
    const open = {
      samplingRate: undefined,
      run: () => Promise.reject(new TypeError('was run')),
      dispose: () => Promise.resolve(),
    };
    const { manifest } = await engine.model('colours');
    if (manifest.runtime !== 'transformers.js') throw new TypeError('colours is a pipeline');
    const loadTimings = { openMs: 0, verifyMs: 0, tokenizerMs: 0, sessionMs: 0, totalMs: 0 };
    const writer = new TransformersJsModel({
      manifest: { ...manifest, task: 'text-generation' },
      open,
      loadTimings,
      maxQueuedRequests: 1,
    });
    const options = { limits: { maxInputTokens: 2 } };
    await expect(writer.predict(['a', 'a'.repeat(17)], {}, options)).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      details: { index: 1, characters: 17, maxCharacters: 16 },
    });
    await expect(writer.predict('a'.repeat(16), {}, options)).rejects.toThrow('was run');
    await expect(writer.predict('a', { max_new_tokens: 1e9 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      details: { field: 'parameters.max_new_tokens' },
    });
  });

  it.each(['num_beams', 'num_return_sequences'])(
    'refuses %s above 1, for which it would give the greedy text',
    (name) => {
      expect(() => parseModelParameters('summarization', { [name]: 4 })).toThrow(
        `parameters.${name}: must be 1, because transformers.js searches no beams`,
      );
      expect(parseModelParameters('summarization', { [name]: 1 }).others).toEqual({ [name]: 1 });
    },
  );

  it.each([
    [{ chunk_length_s: 1, stride_length_s: 0.5 }, 'stride_length_s'],
    [{ chunk_length_s: 30, stride_length_s: '5' }, 'stride_length_s'],
    [{ chunk_length_s: 1e-6 }, 'chunk_length_s'],
    [{ chunk_length_s: '1' }, 'chunk_length_s'],
  ])('refuses chunks of a recording that would have no end: %o', (parameters, field) => {
    expect(() => parseModelParameters('automatic-speech-recognition', parameters)).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMETER',
        details: { field: `parameters.${field}` },
      }),
    );
    const usual = { chunk_length_s: 30, stride_length_s: 5 };
    expect(parseModelParameters('automatic-speech-recognition', usual).others).toEqual(usual);
  });

  it('is refused by name where a file differs from the manifest', async () => {
    await expect(engine.predict('damaged', '')).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: expect.stringContaining('damaged@1.0.0'),
    });
  });

  it('is no predictor of tokens, and does no other task', async () => {
    const refusal = { code: 'TASK_UNSUPPORTED', details: { model: 'colours' } };
    await expect(engine.predictor('colours')).rejects.toMatchObject(refusal);
    await expect(
      engine.predict('colours', await png(0, 0, 0), {}, { task: 'feature-extraction' }),
    ).rejects.toMatchObject(refusal);
  });

  it('is listed and kept as other models are, and loads again once it was disposed of', async () => {
    const entries = await engine.models();
    expect(entries.find(({ name }) => name === 'colours')).toMatchObject({
      manifest: { task: 'image-classification', runtime: 'transformers.js' },
    });
    const model = await engine.model('colours');
    expect(await engine.model('colours')).toBe(model);
    expect(engine.loaded()).toContain(model);
    await model.dispose();
    await expect(model.predict(await png(0, 0, 0))).rejects.toMatchObject({ code: 'PREDICTOR_DISPOSED' });
    expect(await engine.model('colours')).not.toBe(model);
  });

  it('writes no cache and fetches nothing', async () => {
    const { env } = await import('@huggingface/transformers');
    expect(env).toMatchObject({ allowRemoteModels: false, useFSCache: false, useWasmCache: false });
    await expect(env.fetch('https://example.com')).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    expect(env.cacheDir === null || !existsSync(join(env.cacheDir, 'colours'))).toBe(true);
    expect(readdirSync(join(packages, 'colours/1.0.0')).sort()).toEqual([
      'MODEL_CARD.md',
      'config.json',
      'goldens.jsonl',
      'model.json',
      'onnx',
      'preprocessor_config.json',
    ]);
  });
});
