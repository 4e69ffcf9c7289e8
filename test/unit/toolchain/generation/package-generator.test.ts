import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, FolderStore, type Generation } from '@pilotlight/engine';
import { formatGoldenFile, type GoldenFile } from '@pilotlight/engine/internal/predict/goldens/golden-file';
import {
  type GenerationGolden,
  parseGenerationGoldens,
} from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import { type GenerationManifest, sha256Of } from '@pilotlight/model-format';
import {
  type GeneratorOptions,
  type GeneratorResult,
  isGeneratorFolder,
  packageGenerator,
  verifyPackage,
} from '@pilotlight/toolchain';
import { beforeAll, describe, expect, it } from 'vitest';
import { describePackage } from '../../../../layers/builders/src/models/describe.ts';
import { TextScorer } from '../../../../model-assets/toolchain/src/generation/package/score-text.ts';
import { EOS, PAD, writeLlama, writeT5 } from '../../../fixtures/generators.ts';
import { LONG } from '../../../scale.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const [llama, t5] = [join(folder, 'llama'), join(folder, 't5')];

const add = (source: string, name: string, options: Partial<GeneratorOptions> = {}) =>
  packageGenerator({ source, packages, name, version: '1.0.0', force: false, ...options });

/** The proofs of a package, or why there is none. */
async function verify(name: string, root = packages) {
  const entry = (await new FolderStore(root).list()).find((each) => each.name === name);
  return entry ? verifyPackage(root, entry) : undefined;
}

beforeAll(() => {
  writeLlama(llama, { do_sample: true, temperature: 0.7 });
  writeT5(t5);
});

describe('a decoder that is packaged', () => {
  let manifest: GenerationManifest;
  beforeAll(async () => {
    ({ manifest } = await add(llama, 'chatter', { description: 'talks' }));
  });

  it('has the facts of its files', () => {
    expect(manifest).toMatchObject({
      ...{
        runtime: 'generation',
        name: 'chatter',
        description: 'talks',
        task: 'text-generation',
        family: 'llama',
      },
      decoder: { layers: 2, heads: 2, dim: 8, vocabSize: 258, maxPositions: 128 },
      generation: { eos: [EOS], pad: PAD, defaults: { do_sample: true, temperature: 0.7 } },
      text: { tokenizer: { path: 'tokenizer.json' }, vocabSize: 258 },
      chat: { template: { path: 'chat_template.jinja' }, tokens: { eos_token: '</s>' } },
      source: { kind: 'huggingface', id: 'llama' },
    });
    expect(Object.keys(manifest.source.files)).toEqual([
      ...[
        'config.json',
        'generation_config.json',
        'model.safetensors',
        'tokenizer.json',
        'tokenizer_config.json',
      ],
    ]);
    const { fp32 } = manifest.variants;
    expect(Object.keys(manifest.variants)).toEqual(['fp32']);
    expect(fp32).toMatchObject({ scheme: 'fp32', graphs: { step: { file: 'fp32/step/model.onnx' } } });
    expect(fp32?.speed?.stepMs).toBeGreaterThan(0);
  });

  it('is proven: it gives the tokens and scores of its goldens, alone and together', async () => {
    expect(await verify('chatter')).toMatchObject([
      { variant: 'fp32', goldens: 8, largest: 0, agreement: 1, sameInAnyBatch: true },
    ]);
  });

  it('holds conversations by its template', async () => {
    const engine = new Engine({ packages });
    try {
      const model = await engine.model({ name: 'chatter' });
      const parameters = { do_sample: false, max_new_tokens: 3 };
      const { results } = await model.predict({ messages: [{ role: 'user', content: 'hi' }] }, parameters);
      const text = 'user: hi\nassistant:';
      expect(results).toMatchObject([{ promptTokens: text.length }]);
      expect((await model.predict(text, parameters)).results).toEqual(results);
    } finally {
      await engine.dispose();
    }
  });

  it('generates the same in a thread of its own, whole and piece by piece, as its goldens say', async () => {
    const [here, there] = [new Engine({ packages }), new Engine({ packages, sessions: 'worker' })];
    const parameters = { do_sample: true, seed: 3, max_new_tokens: 12, stop_strings: ['never to be seen'] };
    const { results } = await here.predict('chatter', 'The river', parameters);
    expect((await there.predict('chatter', 'The river', parameters)).results).toEqual(results);
    const events = [];
    const call = await there.prepare('chatter', 'The river', parameters);
    for await (const event of call.stream?.() ?? []) events.push(event);
    expect(events).toHaveLength((results[0] as Generation).sequences[0].tokens.length + 1);
    expect(events.at(-1)).toMatchObject({ kind: 'end', generation: results[0] });
    const model = await there.model('chatter');
    expect((await model.checkGolden?.())?.drift).toBeLessThan(1);
    await Promise.all([here.dispose(), there.dispose()]);
    expect(model.usable).toBe(false);
  });

  it('keeps first tokens that prompts share where the engine has bytes for them, and generates the same', async () => {
    const [plain, keeping] = [
      new Engine({ packages }),
      new Engine({ packages, generationPrefixBytes: 1_000_000 }),
    ];
    const parameters = { do_sample: false, max_new_tokens: 5 };
    const found: unknown[] = [];
    for (const question of ['Who are you?', 'Is it cold?', 'Who comes?']) {
      const prompt = `Answer as the keeper of a lighthouse would, and say nothing of ships. ${question}`;
      const { results, decoding } = await keeping.predict('chatter', prompt, parameters);
      expect((await plain.predict('chatter', prompt, parameters)).results).toEqual(results);
      found.push(decoding?.[0]?.prefixTokens);
    }
    expect(found).toEqual([0, 0, 64]);
    await Promise.all([plain.dispose(), keeping.dispose()]);
  });

  it('is followed by a scorer as it generated: the same tokens, and their log probabilities', async () => {
    const engine = new Engine({ packages });
    const model = await engine.model({ name: 'chatter' });
    const { results } = await model.predict('The river', { do_sample: false, max_new_tokens: 9 });
    await engine.dispose();
    const { sequences } = results[0] as Generation;
    const ids = sequences[0].tokens.map(({ id }) => id);
    const { fp32 } = manifest.variants;
    if (fp32 === undefined) throw new TypeError('The package has an fp32 variant.');
    const opinions = await TextScorer.with(
      join(packages, 'chatter/1.0.0'),
      fp32,
      manifest.decoder,
      (scorer) => scorer.follow({ prompt: [...Buffer.from('The river')], ids }),
    );
    expect(opinions.map(({ best }) => best)).toEqual(ids);
    for (const [place, { logprob }] of opinions.entries())
      expect(logprob).toBeCloseTo(sequences[0].tokens[place]?.logprob ?? Number.NaN, 4);
  });
});

describe('a model with an encoder that is packaged', () => {
  const rows = join(folder, 'rows.jsonl');
  let result: GeneratorResult;
  beforeAll(async () => {
    writeFileSync(rows, `${JSON.stringify({ text: 'a', target: 'x' })}\n`);
    const evaluations = [{ file: rows, dataset: 'rows/test' }];
    result = await add(t5, 'rewriter', { scheme: 'int8-weights', variants: ['int8', 'fp32'], evaluations });
  });

  it('has an int8 variant by one rung, which is judged by its texts, and both where both are asked for', () => {
    const { manifest, tried, proofs } = result;
    expect(Object.keys(manifest.variants)).toEqual(['int8', 'fp32']);
    expect(manifest.defaultVariant).toBe('int8');
    const { int8 } = manifest.variants;
    expect(int8?.againstFp32).toEqual(tried.at(-1)?.judgement);
    expect(int8?.againstFp32?.texts).toBe(16);
    expect(int8?.graphs.encoder?.file).toBe('int8/encoder/model.onnx');
    expect(proofs).toMatchObject([
      { variant: 'int8', goldens: 16, sameInAnyBatch: true },
      { variant: 'fp32', goldens: 16, sameInAnyBatch: true },
    ]);
  });

  it('is described, for a function, by the files of the variant that it serves', () => {
    const described = describePackage(packages, { name: 'rewriter' });
    expect(described).toMatchObject({ variant: 'int8', tier: 'lambda' });
    expect(described.files.map(({ path }) => path)).toEqual([
      ...['MODEL_CARD.md', 'goldens.jsonl', 'int8/encoder/model.onnx', 'int8/encoder/weights.bin'],
      ...['int8/step/model.onnx', 'int8/step/weights.bin', 'measured.json', 'model.json', 'tokenizer.json'],
    ]);
    expect(() => describePackage(packages, { name: 'rewriter' }, { variant: 'fp16' })).toThrow(
      'has no variant fp16; it has int8, fp32',
    );
  });

  it('is measured on rows of texts and targets, greedy and by four beams', () => {
    const common = { dataset: 'rows/test', rows: 1, fp32: 0, served: 0 };
    expect(result.manifest.quality).toEqual([
      { ...common, metric: 'exact match, greedy' },
      { ...common, metric: 'exact match, 4 beams' },
    ]);
    const card = readFileSync(join(packages, 'rewriter/1.0.0/MODEL_CARD.md'), 'utf8');
    expect(card).toContain('| rows/test | exact match, 4 beams | 1 | 0.00 | 0.00 |');
  });

  it.runIf(LONG)(
    'by row is calibrated on texts, and served without fp32 where that is not asked for',
    async () => {
      const { manifest } = await add(llama, 'by-row', { scheme: 'int8-rows' });
      expect(Object.keys(manifest.variants)).toEqual(['int8']);
      expect(existsSync(join(packages, 'by-row/1.0.0/fp32'))).toBe(false);
    },
  );

  it('is refused where no golden would be left, because its inputs are too long', async () => {
    const texts = join(folder, 'texts.txt');
    writeFileSync(texts, Array.from({ length: 32 }, (_, line) => `${line}${'long '.repeat(60)}\n`).join(''));
    await expect(add(llama, 'short', { texts })).rejects.toMatchObject({
      code: 'TEXTS_INVALID',
      message: expect.stringContaining('The model takes 0 of 32 texts'),
    });
    expect(existsSync(join(packages, 'short'))).toBe(false);
  });
});

describe('a package that was changed after it was proven', () => {
  const copy = (name: string): string => {
    const root = join(folder, name);
    cpSync(packages, root, { recursive: true });
    return root;
  };

  it('is refused for a file of another content', async () => {
    const root = copy('altered');
    appendFileSync(join(root, 'chatter/1.0.0/fp32/step/model.onnx'), ' ');
    await expect(verify('chatter', root)).rejects.toMatchObject({ code: 'VERIFY_FAILED' });
  });

  it('is refused for goldens that prove nothing: too few, or of a tolerance that anything meets', async () => {
    const root = copy('little-evidence');
    const { tolerance, goldens } = readGoldens(root);
    writeGoldens(root, { tolerance, goldens: goldens.slice(0, 2) });
    await expect(verify('chatter', root)).rejects.toThrow('have 2 different inputs; at least 3');
    writeGoldens(root, { tolerance: { fp32: 20 }, goldens });
    await expect(verify('chatter', root)).rejects.toThrow('of 20; above 1.5 it proves nothing');
  });

  it('is refused for goldens that it does not give, whose sum is that of the manifest', async () => {
    const root = copy('other-goldens');
    const { tolerance, goldens } = readGoldens(root);
    const changed = goldens.map((golden) => ({
      ...golden,
      logprobs: golden.logprobs.map((value) => value - 0.01),
    }));
    writeGoldens(root, { tolerance, goldens: changed });
    await expect(verify('chatter', root)).rejects.toThrow('fp32 is off by 0.01');
  });
});

const readGoldens = (root: string): GoldenFile<GenerationGolden> =>
  parseGenerationGoldens(readFileSync(join(root, 'chatter/1.0.0/goldens.jsonl'), 'utf8'));

/** Writes other goldens, and their sum into the manifest. */
function writeGoldens(root: string, goldens: GoldenFile<GenerationGolden>): void {
  const at = join(root, 'chatter/1.0.0');
  const content = formatGoldenFile(goldens);
  writeFileSync(join(at, 'goldens.jsonl'), content);
  const manifest = JSON.parse(readFileSync(join(at, 'model.json'), 'utf8'));
  const file = { path: 'goldens.jsonl', bytes: Buffer.byteLength(content), sha256: sha256Of(content) };
  writeFileSync(join(at, 'model.json'), JSON.stringify({ ...manifest, goldens: file }));
}

describe('a checkpoint that is not served', () => {
  it.each([
    ['another family', { model_type: 'longt5', architectures: ['LongT5ForConditionalGeneration'] }, 'longt5'],
    ['a class that does not generate', { architectures: ['T5EncoderModel'] }, 'T5EncoderModel'],
    ['images beside text', { text_config: { model_type: 't5' } }, 'text_config'],
    ['weights that are quantised', { quantization_config: { quant_method: 'gptq' } }, 'quantised already'],
  ])('is refused by name, before its weights are read: %s', async (_what, config, message) => {
    const source = join(folder, 'refused');
    writeT5(source, config);
    writeFileSync(join(source, 'model.safetensors'), 'none');
    await expect(add(source, 'refused', { force: true })).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining(message),
    });
  });

  it('is refused where it is an .onnx export, with what to take instead', async () => {
    const source = join(folder, 'export');
    writeT5(source);
    rmSync(join(source, 'model.safetensors'));
    await expect(add(source, 'refused')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    writeFileSync(join(source, 'model.onnx'), 'none');
    expect(isGeneratorFolder(source)).toBe(true);
    await expect(add(source, 'refused')).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('take the folder with model.safetensors'),
    });
  });
});
