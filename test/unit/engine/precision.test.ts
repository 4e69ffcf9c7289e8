import assert from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionOptions } from '../../../layers/engine/src/ports.ts';
import { sessionOptions } from '../../../layers/engine/src/session/onnx-session.ts';
import { openExact, unsignedWeights } from '../../../layers/engine/src/session/precision.ts';
import { sumsSaturate } from '../../../layers/engine/src/session/saturation-trial.ts';
import { writeUnsignedCopy } from '../../../layers/engine/src/session/unsigned-copy.ts';
import { loadModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { ELEMENT } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import {
  CHANNELS,
  INTEGER_PRODUCTS,
  type ProductOptions,
  ROWS,
  writeIntegerProducts,
} from '../../fixtures/integer-products.ts';
import { sumsWithoutSaturation } from '../../fixtures/processor.ts';
import { Random } from '../../fixtures/random.ts';

const SETTINGS: SessionOptions = { intraOpThreads: 1, allowSpinning: false, sumsMaySaturate: true };
const onX86 = process.arch === 'x64';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotlight-precision-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Native = Awaited<ReturnType<typeof openExact>>;

/** Opens the graph as on a processor whose sums saturate, or as on one whose do not. */
function open(file: string, saturates: boolean, settings: SessionOptions = SETTINGS): Promise<Native> {
  return openExact(file, sessionOptions(settings), settings, async () => saturates);
}

/** The outputs for every id of the graph. */
async function run(session: Native): Promise<Record<'first' | 'second', Float32Array>> {
  const { Tensor } = await import('onnxruntime-node');
  const ids = BigInt64Array.from({ length: ROWS }, (_, id) => BigInt(id));
  const outputs = await session.run({ input_ids: new Tensor('int64', ids, [1, ROWS]) });
  await session.release();
  const values = (name: string): Float32Array => {
    const data = outputs[name]?.data;
    if (data instanceof Float32Array) return data;
    throw new TypeError(`There is no output named ${name}.`);
  };
  return { first: values('first'), second: values('second') };
}

/** The graph of a default model. */
async function findGraph(name: string): Promise<string> {
  const versions = new URL(`../../../model-assets/packages/${name}/`, import.meta.url);
  const [version = ''] = await readdir(versions);
  return fileURLToPath(new URL(`${version}/int8/model.onnx`, versions));
}

/** All outputs for a text of 16 tokens. */
async function runOnce(session: InferenceSession): Promise<unknown[]> {
  const values = (name: string) =>
    BigInt64Array.from({ length: 16 }, (_, id) => (name === 'input_ids' ? BigInt(id + 5) : 1n));
  const feeds = session.inputNames.map((name) => [name, new Tensor('int64', values(name), [1, 16])]);
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return session.outputNames.map((name) => outputs[name]?.data);
}

/** The types of the weights and the operators of the graph that ONNX Runtime runs. */
async function whatRuns(file: string): Promise<{ types: number[]; operators: string[] }> {
  const written = join(folder, 'what-runs.onnx');
  const session = await openExact(
    file,
    { ...sessionOptions(SETTINGS), optimizedModelFilePath: written },
    SETTINGS,
    async () => true,
  );
  await session.release();
  const { graph } = loadModel(written).model;
  return {
    types: graph.initializer.filter(({ dims }) => dims.length === 2).map(({ dataType }) => dataType),
    operators: graph.node.map(({ opType }) => opType),
  };
}

describe('the question whether sums saturate', () => {
  it.runIf(process.platform === 'linux')('is answered as the processor describes itself', async () => {
    expect(await sumsSaturate()).toBe(!sumsWithoutSaturation());
  });
});

describe.runIf(onX86)('a graph of integers where sums saturate', () => {
  it('has the sums that integers have, whatever the weights', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { file, activations, weights, unit } = writeIntegerProducts(folder, new Random(seed), {
        product: 'MatMulInteger',
      });
      const { first } = await run(await open(file, true));
      for (let cell = 0; cell < first.length; cell++) {
        const row = Math.floor(cell / CHANNELS);
        let sum = 0;
        for (let channel = 0; channel < CHANNELS; channel++) {
          sum +=
            (activations[row * CHANNELS + channel] ?? Number.NaN) *
            (weights[channel * CHANNELS + (cell % CHANNELS)] ?? Number.NaN);
        }
        if (first[cell] !== sum * unit)
          expect({ seed, cell, value: first[cell] }).toEqual({ sum: sum * unit });
      }
    }
  });

  const products = INTEGER_PRODUCTS.flatMap((product) =>
    [false, true].map((bias): ProductOptions => ({ product, bias })),
  );

  it.runIf(sumsWithoutSaturation()).each(products)(
    'answers with the bits of a processor where they do not: %o',
    async (options) => {
      const { file } = writeIntegerProducts(folder, new Random(1), options);
      expect(await run(await open(file, true))).toEqual(await run(await open(file, false)));
    },
  );

  it.each(products)('is changed in its weights alone: %o', async (options) => {
    const { file } = writeIntegerProducts(folder, new Random(1), options);
    const { types, operators } = await whatRuns(file);
    expect(types.sort()).toEqual([ELEMENT.float32, ELEMENT.uint8, ELEMENT.uint8].sort());
    expect(operators).toEqual(loadModel(file).model.graph.node.map(({ opType }) => opType));
  });

  it('keeps weights of 7 bits as they are, because their sums cannot saturate', async () => {
    const { file } = writeIntegerProducts(folder, new Random(1), {
      product: 'MatMulIntegerToFloat',
      largest: 63,
    });
    const { types } = await whatRuns(file);
    expect(types.sort()).toEqual([ELEMENT.float32, ELEMENT.int8, ELEMENT.int8].sort());
  });

  it('may have weights that two products share', async () => {
    const options = { product: 'MatMulIntegerToFloat', shared: true } as const;
    const { file } = writeIntegerProducts(folder, new Random(1), options);
    const { types } = await whatRuns(file);
    expect(types.sort()).toEqual([ELEMENT.float32, ELEMENT.uint8].sort());
  });

  it('has the same bits where weights have a zero point of 0', async () => {
    const options = { product: 'MatMulIntegerToFloat' } as const;
    const { file } = writeIntegerProducts(folder, new Random(1), options);
    const expected = await run(await open(file, true));
    const other = writeIntegerProducts(folder, new Random(1), { ...options, zeroPoint: 'one' });
    expect(await run(await open(other.file, true))).toEqual(expected);
  });

  it('has the same bits where there is no room for a copy, and ONNX Runtime makes its own', async () => {
    const { file } = writeIntegerProducts(folder, new Random(1), { product: 'MatMulIntegerToFloat' });
    const expected = await run(await open(file, true));
    vi.stubEnv('TMPDIR', join(folder, 'none'));
    expect(writeUnsignedCopy(file)).toBeUndefined();
    expect(await run(await open(file, true))).toEqual(expected);
    vi.unstubAllEnvs();
  });

  it('opens with a warning where neither can make its weights unsigned', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const options = { product: 'MatMulIntegerToFloat', shared: true, zeroPoint: 'channels' } as const;
    const { file } = writeIntegerProducts(folder, new Random(1), options);
    const { first } = await run(await open(file, true));
    expect(first).toHaveLength(ROWS * CHANNELS);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('package the model with --reduce-range'),
      'PilotlightWarning',
    );
    warn.mockRestore();
  });

  it('leaves no copy behind, whether it opens or not', async () => {
    vi.stubEnv('TMPDIR', await mkdtemp(join(folder, 'temporary-')));
    const { file } = writeIntegerProducts(folder, new Random(1), { product: 'MatMulIntegerToFloat' });
    const session = await open(file, true);
    expect(await readdir(tmpdir())).toEqual([]);
    await run(session);
    await truncate(join(folder, 'weights.bin'), 100);
    await expect(open(file, true)).rejects.toThrow();
    expect(await readdir(tmpdir())).toEqual([]);
    vi.unstubAllEnvs();
  });

  it.each(['sentiment', 'intent', 'slots'])(
    'of the package %s has the bits that ONNX Runtime makes of it',
    async (name) => {
      const file = await findGraph(name);
      const options = sessionOptions(SETTINGS);
      const copy = writeUnsignedCopy(file);
      assert(copy);
      const sessions = [
        await InferenceSession.create(copy.file, options),
        await InferenceSession.create(file, unsignedWeights(options)),
      ];
      copy.remove();
      const [own, theirs] = await Promise.all(sessions.map(runOnce));
      expect(own).toEqual(theirs);
    },
  );

  it('does not open where ONNX Runtime cannot read it', async () => {
    await expect(open(join(folder, 'none.onnx'), true)).rejects.toThrow(/none\.onnx/);
  });

  it('is passed through no other transformer of ONNX Runtime', async () => {
    const { file } = writeIntegerProducts(folder, new Random(1), { product: 'MatMulIntegerToFloat' });
    const options = { ...unsignedWeights(sessionOptions(SETTINGS)), logSeverityLevel: 1 };
    const program = `
      import ort from 'onnxruntime-node';
      await ort.InferenceSession.create(${JSON.stringify(file)}, ${JSON.stringify(options)});`;
    const { stderr, stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { cwd: import.meta.dirname, env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } },
    );
    const passed = new Set((stdout + stderr).match(/(?<=GraphTransformer )\w+(?= modified)/g));
    // All but the first are applied to every graph, at any level.
    expect([...passed].sort()).toEqual([
      'Avx2WeightS8ToU8Transformer',
      'CastFloat16Transformer',
      'EnsureUniqueDQForNodeUnit',
      'MemcpyTransformer',
      'RemoveDuplicateCastTransformer',
    ]);
  });
});

describe('the question whether sums saturate', () => {
  it.runIf(onX86)('is asked again after it could not be answered, and then no more', async () => {
    const source = '../../../layers/engine/src/session/saturation-trial.ts';
    // Another module of the same file, which has not asked yet.
    const trial: typeof import('../../../layers/engine/src/session/saturation-trial.ts') = await import(
      `${source}?not-asked-yet`
    );
    const create = vi.spyOn(InferenceSession, 'create').mockRejectedValueOnce(new Error('no memory'));
    await expect(trial.sumsSaturate()).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    expect(await trial.sumsSaturate()).toBe(await sumsSaturate());
    const asked = create.mock.calls.length;
    await trial.sumsSaturate();
    expect(create).toHaveBeenCalledTimes(asked);
    create.mockRestore();
  });
});

describe('a graph whose sums cannot saturate', () => {
  it.each([
    ['of a scheme that has none', { ...SETTINGS, sumsMaySaturate: false }],
    ['for a GPU', { ...SETTINGS, executionProvider: 'cuda' as const }],
  ])('%s is opened without a question', async (_, settings) => {
    const { file } = writeIntegerProducts(folder, new Random(1), { product: 'MatMulIntegerToFloat' });
    const ask = vi.fn(async () => true);
    const opening = openExact(file, sessionOptions({ ...settings, executionProvider: 'cpu' }), settings, ask);
    await (await opening).release();
    expect(ask).not.toHaveBeenCalled();
  });
});
