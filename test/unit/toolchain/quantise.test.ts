import { describe, expect, test } from 'vitest';
import { int, ints, makeNode, tensor } from '../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxNode, OnnxTensor } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { floatTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { quantise } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { Random } from '../../fixtures/random.ts';
import { lookupModel, runLookup } from './fixtures/lookup-model.ts';

const [ENTRIES, HIDDEN, OUTPUTS] = [12, 24, 10];
const random = new Random(7);
const table = random.normals(ENTRIES * HIDDEN, 1, 0.2);
const weights = random.normals(HIDDEN * OUTPUTS, 0.3, 0);
const bias = random.normals(OUTPUTS, 1, 0);
const IDS = [3, 0, 11, 7];

const turned = Float32Array.from({ length: OUTPUTS * HIDDEN }, (_, at) => {
  const [row, column] = [Math.floor(at / HIDDEN), at % HIDDEN];
  return weights[column * OUTPUTS + row] ?? 0;
});
const TABLE = floatTensor('table', [ENTRIES, HIDDEN], table);
const WEIGHTS = floatTensor('weights', [HIDDEN, OUTPUTS], weights);
const TURNED = floatTensor('turned', [OUTPUTS, HIDDEN], turned);
const BIAS = floatTensor('bias', [OUTPUTS], bias);

/** Relu after the product, so that it is no classifier. */
const RELU = makeNode('Relu', ['sum'], ['result']);

const typesOf = (nodes: readonly OnnxNode[]) => nodes.map(({ opType }) => opType);

/** float64 reference of the fp32 product with bias and Relu. */
function expectedFp32(): number[] {
  return IDS.flatMap((id) =>
    Array.from({ length: OUTPUTS }, (_, n) => {
      let sum = bias[n] ?? 0;
      for (let k = 0; k < HIDDEN; k++) sum += (table[id * HIDDEN + k] ?? 0) * (weights[k * OUTPUTS + n] ?? 0);
      return Math.max(0, sum);
    }),
  );
}

/** The same by integer arithmetic, from the definitions of DynamicQuantizeLinear and MatMulInteger. */
function expectedInt8(): number[] {
  const rows = IDS.map((id) => table.subarray(id * HIDDEN, (id + 1) * HIDDEN));
  const all = rows.flatMap((row) => [...row]);
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  const scale = Math.fround((high - low) / 255);
  const zero = Math.round(-low / scale);
  const quantised = rows.map((row) => Array.from(row, (x) => Math.round(Math.fround(x / scale)) + zero));
  return quantised.flatMap((row) =>
    Array.from({ length: OUTPUTS }, (_, n) => {
      const column = Array.from({ length: HIDDEN }, (_unused, k) => weights[k * OUTPUTS + n] ?? 0);
      const step = Math.max(...column.map(Math.abs)) / 127;
      const sum = column.reduce((total, w, k) => total + ((row[k] ?? 0) - zero) * Math.round(w / step), 0);
      return Math.max(0, sum * scale * step + (bias[n] ?? 0));
    }),
  );
}

const PRODUCTS: Record<string, { nodes: OnnxNode[]; tensors: OnnxTensor[] }> = {
  'a MatMul with its bias at the right': {
    nodes: [
      makeNode('MatMul', ['rows', 'weights'], ['product']),
      makeNode('Add', ['product', 'bias'], ['sum']),
    ],
    tensors: [WEIGHTS, BIAS],
  },
  'a MatMul with its bias at the left': {
    nodes: [
      makeNode('MatMul', ['rows', 'weights'], ['product']),
      makeNode('Add', ['bias', 'product'], ['sum']),
    ],
    tensors: [WEIGHTS, BIAS],
  },
  'a MatMul whose weights are transposed by a node': {
    nodes: [
      makeNode('Transpose', ['turned'], ['weights'], { attributes: { perm: ints([1, 0]) } }),
      makeNode('MatMul', ['rows', 'weights'], ['product']),
      makeNode('Add', ['product', 'bias'], ['sum']),
    ],
    tensors: [TURNED, BIAS],
  },
  'a MatMul whose weights are the value of a Constant node': {
    nodes: [
      makeNode('Constant', [], ['weights'], { attributes: { value: tensor({ ...WEIGHTS, name: '' }) } }),
      makeNode('MatMul', ['rows', 'weights'], ['product']),
      makeNode('Add', ['product', 'bias'], ['sum']),
    ],
    tensors: [BIAS],
  },
  'a Gemm with transB': {
    nodes: [
      makeNode('Squeeze', ['rows', 'first'], ['matrix']),
      makeNode('Gemm', ['matrix', 'turned', 'bias'], ['flat'], { attributes: { transB: int(1) } }),
      makeNode('Unsqueeze', ['flat', 'first'], ['sum']),
    ],
    tensors: [
      TURNED,
      BIAS,
      { name: 'first', dims: [1], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(0n).buffer) },
    ],
  },
};

describe('quantise', () => {
  test.each(Object.entries(PRODUCTS))(
    'computes %s as integer arithmetic says',
    async (_title, { nodes, tensors }) => {
      const model = lookupModel([...nodes, RELU], [TABLE, ...tensors]);
      const original = await runLookup(model, IDS);
      for (const [at, value] of expectedFp32().entries()) expect(original[at]).toBeCloseTo(value, 4);

      expect(quantise(model)).toEqual({ products: 1, lookups: 0, kept: [] });
      expect(model.graph.initializer.map(({ name }) => name)).not.toContain('weights');
      expect(typesOf(model.graph.node)).toContain('MatMulInteger');
      const result = await runLookup(model, IDS);
      const expected = expectedInt8();
      for (const [at, value] of expected.entries()) expect(result[at]).toBeCloseTo(value, 4);
      expect(Math.max(...expected.map((value, at) => Math.abs(value - (original[at] ?? 0))))).toBeGreaterThan(
        1e-3,
      );
    },
  );

  test('quantises activations once for the products that share them', () => {
    const second = floatTensor('second', [HIDDEN, OUTPUTS], weights);
    const nodes = [
      makeNode('MatMul', ['rows', 'weights'], ['left']),
      makeNode('MatMul', ['rows', 'second'], ['right']),
      makeNode('Mul', ['left', 'right'], ['sum']),
    ];
    const model = lookupModel([...nodes, RELU], [TABLE, WEIGHTS, second]);
    expect(quantise(model).products).toBe(2);
    expect(typesOf(model.graph.node).filter((type) => type === 'DynamicQuantizeLinear')).toHaveLength(1);
  });

  test('stores weights that layers share once', () => {
    const nodes = [
      makeNode('MatMul', ['rows', 'square'], ['once']),
      makeNode('Relu', ['once'], ['between']),
      makeNode('MatMul', ['between', 'square'], ['sum']),
    ];
    const square = floatTensor('square', [HIDDEN, HIDDEN], random.normals(HIDDEN * HIDDEN, 0.2, 0));
    const model = lookupModel([...nodes, RELU], [TABLE, square]);
    expect(quantise(model).products).toBe(2);
    expect(model.graph.initializer.map(({ name }) => name)).toEqual(['table', 'square/s8', 'square/scales']);
  });

  test('leaves the classifier in fp32, and what it is told to keep', () => {
    const nodes = [
      makeNode('MatMul', ['rows', 'square'], ['sum']),
      makeNode('Relu', ['sum'], ['hidden']),
      makeNode('MatMul', ['hidden', 'kept'], ['again']),
      makeNode('Relu', ['again'], ['last']),
      makeNode('MatMul', ['last', 'weights'], ['logits']),
      makeNode('Add', ['logits', 'bias'], ['result']),
    ];
    const square = floatTensor('square', [HIDDEN, HIDDEN], random.normals(HIDDEN * HIDDEN, 0.2, 0));
    const model = lookupModel(nodes, [TABLE, square, { ...square, name: 'kept' }, WEIGHTS, BIAS]);
    expect(quantise(model, { keep: ['kept'] })).toEqual({
      products: 1,
      lookups: 0,
      kept: ['kept', 'weights'],
    });
  });

  test('gathers rows of a large table as int8, within half a step', async () => {
    const [entries, hidden] = [700, 100];
    const values = random.normals(entries * hidden, 0.5, 0);
    const nodes = [
      makeNode('MatMul', ['rows', 'square'], ['sum']),
      makeNode('Add', ['rows', 'sum'], ['result']),
    ];
    const square = floatTensor('square', [hidden, hidden], new Float32Array(hidden * hidden));
    const model = lookupModel(nodes, [floatTensor('table', [entries, hidden], values), square]);
    expect(quantise(model)).toMatchObject({ products: 1, lookups: 1 });
    const result = await runLookup(model, [699, 4]);
    for (const [place, id] of [699, 4].entries()) {
      const row = values.subarray(id * hidden, (id + 1) * hidden);
      const step = Math.max(...row.map(Math.abs)) / 127;
      for (const [column, value] of row.entries()) {
        expect(Math.abs((result[place * hidden + column] ?? Number.NaN) - value)).toBeLessThanOrEqual(
          0.501 * step,
        );
      }
    }
  });

  test('uses 63 as the largest weight when the range is reduced', () => {
    const model = lookupModel([makeNode('MatMul', ['rows', 'weights'], ['sum']), RELU], [TABLE, WEIGHTS]);
    quantise(model, { reduceRange: true });
    const bytes =
      model.graph.initializer.find(({ name }) => name === 'weights/s8')?.rawData ?? new Uint8Array();
    expect(Math.max(...new Int8Array(bytes).map(Math.abs))).toBe(63);
  });

  test('refuses weights that are not finite by their name', () => {
    const broken = floatTensor('weights', [HIDDEN, OUTPUTS], weights.with(5, Number.NaN));
    const model = lookupModel([makeNode('MatMul', ['rows', 'weights'], ['sum']), RELU], [TABLE, broken]);
    expect(() => quantise(model)).toThrow(/weights holds NaN at position 5/);
  });

  test.each([
    ['an operator set before 11', 9, [WEIGHTS], {}],
    ['a graph with nothing to quantise', 17, [{ ...WEIGHTS, dataType: 6 }], {}],
    ['a name to keep that no weights have', 17, [WEIGHTS], { keep: ['wieghts'] }],
  ])('refuses %s', (_title, opset, tensors, options) => {
    const nodes = [makeNode('MatMul', ['rows', 'weights'], ['sum']), RELU];
    const model = lookupModel(nodes, [TABLE, ...tensors], opset);
    expect(() => quantise(model, options)).toThrow(expect.objectContaining({ code: 'SOURCE_UNSUPPORTED' }));
  });
});
