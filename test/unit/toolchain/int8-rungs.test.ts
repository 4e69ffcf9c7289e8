/** The rungs of int8 on graphs whose answers are known, and on tiny models of every family. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { SCHEME_NAMES } from '@pilotlight/model-format';
import { describe, expect, it, test } from 'vitest';
import { MICROSOFT } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { makeNode } from '../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxModel, OnnxTensor } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import {
  ELEMENT,
  float32View,
  floats,
  floatTensor,
  tensorBytes,
} from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { silent } from '../../../model-assets/toolchain/src/progress.ts';
import type { Feed } from '../../../model-assets/toolchain/src/runtime/run-graph.ts';
import { INT8_RUNGS, type Rung, schemeOf } from '../../../model-assets/toolchain/src/schemes/rung.ts';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { Calibration, quantise } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { FAMILIES, SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { Random } from '../../fixtures/random.ts';
import { LONG } from '../../scale.ts';
import { lookupModel, runLookup } from './fixtures/lookup-model.ts';
import { runModel } from './fixtures/run-model.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const [ENTRIES, HIDDEN, OUTPUTS] = [40, 96, 64];
const IDS = Array.from({ length: ENTRIES }, (_, id) => id);

/** Rows with outlier channels, as trained models have them, times weights, plus a bias, through a Relu. */
function productModel(seed: number, { opset = 20, outlier = 30 } = {}): OnnxModel {
  const random = new Random(seed);
  const rows = random.normals(ENTRIES * HIDDEN, 1, 0);
  for (const channel of [3, 17, 55])
    for (const id of IDS) rows[id * HIDDEN + channel] = outlier * (rows[id * HIDDEN + channel] ?? 0);
  const tensors = [
    floatTensor('table', [ENTRIES, HIDDEN], rows),
    floatTensor('weights', [HIDDEN, OUTPUTS], random.normals(HIDDEN * OUTPUTS, 0.1, 0)),
    floatTensor('bias', [OUTPUTS], random.normals(OUTPUTS, 1, 0)),
  ];
  const nodes = [
    makeNode('MatMul', ['rows', 'weights'], ['product']),
    makeNode('Add', ['product', 'bias'], ['sum']),
    makeNode('Relu', ['sum'], ['result']),
  ];
  return lookupModel(nodes, tensors, opset);
}

const rungOf = (scheme: string): Rung => {
  const rung = INT8_RUNGS.find((one) => one.scheme === scheme);
  if (rung === undefined) throw new TypeError(`There is no rung ${scheme}.`);
  return rung;
};

function buildRung(rung: Rung, model: OnnxModel, feeds: readonly Feed[], reduceRange = false) {
  return rung.build(model, {
    settings: { keep: [], reduceRange },
    progress: silent,
    scratch: folder,
    calibration: async () => new Calibration(feeds, mkdtempSync(join(folder, 'calibration-'))),
  });
}

function relative(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [error, squares] = [0, 0];
  for (let at = 0; at < expected.length; at++) {
    error += ((actual[at] ?? Number.NaN) - (expected[at] ?? 0)) ** 2;
    squares += (expected[at] ?? 0) ** 2;
  }
  return Math.sqrt(error / squares);
}

/** A tensor that a node of the graph reads. */
function constant({ graph }: OnnxModel, name = ''): OnnxTensor {
  const tensor = graph.initializer.find((one) => one.name === name);
  if (tensor === undefined) throw new TypeError(`There is no constant ${name}.`);
  return tensor;
}

/** float64 reference: what the constants of a static product say, from the definitions of QuantizeLinear and MatMulIntegerToFloat. */
function expectedStatic(model: OnnxModel): number[] {
  const { node } = model.graph;
  const [, scaleName, zeroName] = node.find(({ opType }) => opType === 'QuantizeLinear')?.input ?? [];
  const [, equaliser] = node.find(({ opType }) => opType === 'Mul')?.input ?? [];
  const product = node.find(({ opType }) => opType === 'MatMulIntegerToFloat');
  const [, weightsName, , stepsName, , , biasName] = product?.input ?? [];
  const scale = floats(constant(model, scaleName))[0] ?? 0;
  const zero = tensorBytes(constant(model, zeroName))[0] ?? 0;
  const factors = equaliser === undefined ? undefined : floats(constant(model, equaliser));
  const weights = Int8Array.from(
    new Int8Array(Uint8Array.from(tensorBytes(constant(model, weightsName))).buffer),
  );
  const steps = floats(constant(model, stepsName));
  const bias = floats(constant(model, biasName));
  const table = float32View(tensorBytes(constant(model, 'table')));
  return IDS.flatMap((id) => {
    const row = Array.from({ length: HIDDEN }, (_, k) => {
      const value = Math.fround((table[id * HIDDEN + k] ?? 0) * (factors?.[k] ?? 1));
      return Math.min(255, Math.max(0, roundHalfToEven(Math.fround(value / scale)) + zero)) - zero;
    });
    return Array.from({ length: OUTPUTS }, (_, n) => {
      const sum = row.reduce((total, value, k) => total + value * (weights[k * OUTPUTS + n] ?? 0), 0);
      return Math.max(0, sum * scale * (steps[n] ?? 0) + (bias[n] ?? 0));
    });
  });
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

describe('a static product', () => {
  it('is computed as integer arithmetic says, by one multiplication, one rounding and one product', async () => {
    const { model, quantised } = await buildRung(rungOf('int8-static'), productModel(1), [{ ids: IDS }]);
    expect(quantised).toMatchObject({ products: 1, lookups: 0, kept: [] });
    expect(model.graph.node.map(({ opType }) => opType)).toEqual([
      'Gather',
      'Mul',
      'QuantizeLinear',
      'MatMulIntegerToFloat',
      'Relu',
    ]);
    const actual = await runLookup(model, IDS);
    for (const [at, value] of expectedStatic(model).entries()) expect(actual[at]).toBeCloseTo(value, 3);
  });

  it('has weights of seven bits where the range is reduced', async () => {
    const { model } = await buildRung(rungOf('int8-static'), productModel(1), [{ ids: IDS }], true);
    const [weights] = model.graph.initializer.filter(({ dataType }) => dataType === ELEMENT.int8);
    const values = new Int8Array(Uint8Array.from(weights ? tensorBytes(weights) : []).buffer);
    expect(Math.max(...values.map(Math.abs))).toBe(63);
    expect(schemeOf(rungOf('int8-static'), { reduceRange: true })).toBe('int8-static-7bit');
    expect(schemeOf(rungOf('int8-weights'), { reduceRange: true })).toBe('int8-weights');
  });

  it('leaves what it is told to keep in fp32, and the bias with it', async () => {
    const model = productModel(1);
    const settings = { keep: ['weights'], reduceRange: false };
    const calibration = async () => new Calibration([{ ids: IDS }], folder);
    const context = { settings, progress: silent, scratch: folder, calibration };
    await expect(rungOf('int8-static').build(model, context)).rejects.toThrow('no matrix product');
  });
});

describe('with outlier channels', () => {
  const MOST = { 'int8-static': 0.02, 'int8-static-rows': 0.02, 'int8-rows': 0.015 };
  const BLOCKS = { 'int8-blocks-64': 0.05, 'int8-blocks-32': 0.04, 'int8-weights': 0.01 };

  test.each(
    Object.entries({ ...MOST, ...BLOCKS }).flatMap(([scheme, most]) =>
      [11, 20].map((opset) => [scheme, opset, most] as const),
    ),
  )(
    '%s (operator set %i) is within %f of fp32, and nearer than one scale a batch',
    async (scheme, opset, most) => {
      for (const seed of [3, 4, 5]) {
        const expected = await runLookup(productModel(seed, { opset }), IDS);
        const usual = productModel(seed, { opset });
        quantise(usual);
        const { model } = await buildRung(rungOf(scheme), productModel(seed, { opset }), [{ ids: IDS }]);
        const error = relative(await runLookup(model, IDS), expected);
        expect(error).toBeLessThan(most);
        expect(error).toBeLessThan(relative(await runLookup(usual, IDS), expected));
      }
    },
  );
});

describe('a row', () => {
  it('of zeros gives the bias, whatever the rung', async () => {
    for (const rung of INT8_RUNGS) {
      const make = (): OnnxModel => {
        const model = productModel(6);
        const [table] = model.graph.initializer;
        if (table) floats(table).fill(0, 0, HIDDEN);
        return model;
      };
      const { model } = await buildRung(rung, make(), [{ ids: IDS }]);
      const actual = await runLookup(model, [0]);
      const expected = await runLookup(make(), [0]);
      expect(actual.every(Number.isFinite)).toBe(true);
      expect(relative(actual, expected)).toBeLessThan(0.05);
    }
  });
});

describe('what ReLU gives', () => {
  it('is rounded a row to all 256 integers with nothing added, and its channels are divided before it', async () => {
    const make = (): OnnxModel => {
      const { graph, ...model } = productModel(9);
      const random = new Random(10);
      const [relu] = graph.node.splice(-1);
      graph.node.push(
        makeNode('Relu', relu?.input ?? [], ['active']),
        makeNode('MatMul', ['active', 'second'], ['mixed']),
        makeNode('Tanh', ['mixed'], ['result']),
      );
      graph.initializer.push(floatTensor('second', [OUTPUTS, OUTPUTS], random.normals(OUTPUTS ** 2, 0.1, 0)));
      return { ...model, graph };
    };
    const { model } = await buildRung(rungOf('int8-rows'), make(), [{ ids: IDS }]);
    const types = model.graph.node.map(({ opType }) => opType);
    expect(types.slice(types.indexOf('Relu') + 1)).toEqual([
      ...['ReduceMax', 'Max', 'Div', 'QuantizeLinear', 'MatMulIntegerToFloat', 'Mul', 'Tanh'],
    ]);
    expect(relative(await runLookup(model, IDS), await runLookup(make(), IDS))).toBeLessThan(0.015);
  });
});

describe.each(FAMILIES)('a tiny %s', (family) => {
  const source = `${folder}/${family}`;
  const random = new Random(8);
  const text = (tokens: number): number[] => Array.from({ length: tokens }, () => 5 + random.below(900));
  const feedOf = (texts: readonly (readonly number[])[]) => {
    const ids = texts.flat();
    return { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: ids.map(() => 0) };
  };
  const texts = Array.from({ length: 7 }, () => text(12));
  const calibration = Array.from({ length: 24 }, (_, index) => feedOf([text(4 + index)]));

  // Every rung and every family in `npm test`, and at night all of the rungs of each.
  const place = FAMILIES.indexOf(family);
  const rungs = INT8_RUNGS.filter((_, rung) => LONG || (rung + place) % 3 === 0);
  test.each(rungs.map((rung) => [rung.scheme, rung] as const))(
    '%s gives the same bits alone and in any batch, close to fp32',
    async (_scheme, rung) => {
      writeCheckpoint(
        { family, head: 'token-classification', shape: SHAPES.tiny, labels: ['a', 'b', 'c'] },
        source,
      );
      const { model: fp32 } = await readSource(source);
      const names = fp32.graph.input.map(({ name }) => name);
      const feeds = calibration.map((feed) =>
        Object.fromEntries(Object.entries(feed).filter(([name]) => names.includes(name))),
      );
      const { model } = await buildRung(rung, (await readSource(source)).model, feeds);
      const alone = await Promise.all(texts.map((one) => runModel(model, feedOf([one]), [1, 12])));
      for (const order of [
        [0, 1],
        [4, 2, 6],
        [5, 3, 1, 0, 2, 4, 6],
      ]) {
        const together = await runModel(model, feedOf(order.map((index) => texts[index] ?? [])), [
          order.length,
          12,
        ]);
        const expected = order.flatMap((index) => [...(alone[index] ?? [])]);
        expect([...together]).toEqual(expected);
      }
      const exact = await runModel(fp32, feedOf(texts), [texts.length, 12]);
      expect(
        relative(
          alone.flatMap((one) => [...one]),
          exact,
        ),
      ).toBeLessThan(0.06);
    },
  );
});

describe('a rung', () => {
  it('that multiplies channels does so where attention takes its values from, at no cost when it runs', async () => {
    const source = `${folder}/folded`;
    writeCheckpoint({ family: 'bert', head: 'base', shape: SHAPES.tiny }, source);
    const feeds = [{ input_ids: [2, 9, 11, 3], attention_mask: [1, 1, 1, 1], token_type_ids: [0, 0, 0, 0] }];
    const { model } = await buildRung(rungOf('int8-static'), (await readSource(source)).model, feeds);
    const attended = model.graph.node.filter(
      ({ domain, opType }) => domain === MICROSOFT && opType === 'MultiHeadAttention',
    );
    const readers = model.graph.node.filter(({ input }) =>
      attended.some(({ output }) => input.includes(output[0] ?? '')),
    );
    expect(readers.map(({ opType }) => opType)).toEqual(['QuantizeLinear', 'QuantizeLinear']);
  });

  it('has a name of its own', () => {
    const names = INT8_RUNGS.flatMap(({ scheme, sevenBits }) => sevenBits ?? scheme);
    expect(names).toHaveLength(new Set(names).size);
    expect(SCHEME_NAMES).toEqual(expect.arrayContaining(names));
  });
});
