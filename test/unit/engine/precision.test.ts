import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionOptions } from '../../../layers/engine/src/ports.ts';
import { sessionOptions } from '../../../layers/engine/src/session/onnx-session.ts';
import { openExact, unsignedWeights } from '../../../layers/engine/src/session/precision.ts';
import { sumsSaturate } from '../../../layers/engine/src/session/saturation-trial.ts';
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

  it('opens with a warning where products share weights', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { file } = writeIntegerProducts(folder, new Random(1), {
      product: 'MatMulIntegerToFloat',
      shared: true,
    });
    const { first } = await run(await open(file, true));
    expect(first).toHaveLength(ROWS * CHANNELS);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('package the model with --reduce-range'),
      'PilotlightWarning',
    );
    warn.mockRestore();
  });

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
    vi.resetModules();
    const { InferenceSession } = await import('onnxruntime-node');
    const trial = await import('../../../layers/engine/src/session/saturation-trial.ts');
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
