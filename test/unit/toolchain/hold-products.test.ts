import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { int } from '../../../model-assets/toolchain/src/graph/node.ts';
import { encodeModel, type OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { holdProducts } from '../../../model-assets/toolchain/src/stages/hold-products.ts';
import { Random } from '../../fixtures/random.ts';

function held(add: (builder: GraphBuilder, input: string) => string) {
  const builder = new GraphBuilder('products');
  const output = add(builder, builder.input('input', ELEMENT.float32, ['rows', 2]));
  builder.output(output, ELEMENT.float32, ['rows', 2]);
  const model = builder.build();
  holdProducts(model);
  return model.graph;
}
const weights = (name: string) => floatTensor(name, [2, 2], Float32Array.of(1, 2, 3, 4));
const nodesOf = ({ node }: ReturnType<typeof held>) => node.map(({ opType, input }) => [opType, ...input]);

describe('the weights of products in fp32', () => {
  it('are read through a Reshape to their own shape, which stands before the product', () => {
    const graph = held((builder, input) =>
      builder.op('MatMul', [input, builder.constant(weights('w'))], 'out'),
    );
    expect(nodesOf(graph)).toEqual([
      ['Reshape', 'w', 'w/shape'],
      ['MatMul', 'input', 'w/held'],
    ]);
    expect(graph.initializer.find(({ name }) => name === 'w/shape')).toMatchObject({
      ...int64Tensor('w/shape', [2], [2, 2]),
    });
  });

  it('that several products share are held once', () => {
    const graph = held((builder, input) => {
      const shared = builder.constant(weights('w'));
      return builder.op('MatMul', [builder.op('MatMul', [input, shared], 'first'), shared], 'second');
    });
    expect(nodesOf(graph)).toEqual([
      ['Reshape', 'w', 'w/shape'],
      ['MatMul', 'input', 'w/held'],
      ['MatMul', 'first', 'w/held'],
    ]);
  });

  it('that are computed are left, and so is what is no product', () => {
    const graph = held((builder, input) => {
      const square = builder.op('MatMul', [input, input], 'square');
      return builder.op('Add', [square, builder.constant(weights('w'))], 'out');
    });
    expect(nodesOf(graph)).toEqual([
      ['MatMul', 'input', 'input'],
      ['Add', 'square', 'w'],
    ]);
  });

  it.each([
    ['a matrix is added that has a row for each', (input: string) => [input, 'w', input], {}],
    ['a constant is added that differs by row', (input: string) => [input, 'w', 'added'], {}],
    ['their columns are the rows of the first matrix', (input: string) => [input, 'w'], { transA: int(1) }],
  ])('of Gemm have rows computed once where %s', (_, inputsOf, attributes) => {
    const graph = held((builder, input) => {
      for (const name of ['w', 'added']) builder.constant(weights(name));
      return builder.op('Gemm', inputsOf(input), 'out', { attributes });
    });
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Reshape', 'Gemm']);
  });

  it('of Gemm have rows computed twice where one row is added to all, or nothing', () => {
    const row = floatTensor('row', [1, 2], Float32Array.of(1, 2));
    for (const added of [[], [row]]) {
      const graph = held((builder, input) => {
        const constants = [weights('w'), ...added].map((tensor) => builder.constant(tensor));
        return builder.op('Gemm', [input, ...constants], 'out');
      });
      expect(graph.node.map(({ opType }) => opType)).toEqual(['Concat', 'Reshape', 'Gemm', 'Split']);
    }
  });

  describe('give a row the same bits beside any others, packed or not', () => {
    const inputs = 384;
    const random = new Random(15);
    const values = (length: number) => Float32Array.from({ length }, () => random.uniform() - 0.5);
    const rows = Array.from({ length: 9 }, () => values(inputs));

    it.each([
      { opType: 'Gemm', transB: 0, outputs: 1, opset: 20, fewest: 1 },
      { opType: 'Gemm', transB: 1, outputs: 1, opset: 20, fewest: 1 },
      { opType: 'Gemm', transB: 1, outputs: 3, opset: 13, fewest: 1 },
      { opType: 'MatMul', transB: 0, outputs: 1, opset: 20, fewest: 2 },
    ])(
      '$opType, transB $transB, $outputs columns, operator set $opset',
      async ({ opType, transB, outputs, opset, fewest }) => {
        const weights = values(inputs * outputs);
        const bias = values(outputs);
        const builder = new GraphBuilder('scorer');
        const input = builder.input('input', ELEMENT.float32, ['rows', inputs]);
        const dims = transB === 1 ? [outputs, inputs] : [inputs, outputs];
        const constants = [builder.constant(floatTensor('w', dims, weights))];
        if (opType === 'Gemm') constants.push(builder.constant(floatTensor('b', [outputs], bias)));
        const attributes = opType === 'Gemm' ? { transB: int(transB) } : {};
        builder.output(builder.op(opType, [input, ...constants], 'score', { attributes }), ELEMENT.float32, [
          'rows',
          outputs,
        ]);
        const model = builder.build();
        for (const set of model.opsetImport) if (set.domain === '') set.version = opset;
        holdProducts(model);

        const expected = rows.map((row) =>
          Array.from({ length: outputs }, (_, column) =>
            row.reduce(
              (sum, value, at) =>
                sum + value * (weights[transB === 1 ? column * inputs + at : at * outputs + column] ?? 0),
              opType === 'Gemm' ? (bias[column] ?? 0) : 0,
            ),
          ),
        );
        const [packed, unpacked] = await Promise.all(
          ['0', '1'].map((disabled) => openScorer(model, disabled)),
        );
        const together = (await packed?.(rows)) ?? [];
        expect(together.length).toBe(rows.length * outputs);
        for (const [at, value] of expected.flat().entries()) expect(together[at]).toBeCloseTo(value, 4);
        for (const run of [packed, unpacked]) {
          for (let end = fewest; end <= rows.length; end++) {
            const some = await run?.(rows.slice(end - fewest, end));
            expect(some).toEqual(together.slice((end - fewest) * outputs, end * outputs));
            expect(await run?.(rows.slice(0, end))).toEqual(together.slice(0, end * outputs));
          }
        }
      },
    );
  });

  it.each([
    { opType: 'MatMul', transB: 0 },
    { opType: 'Gemm', transB: 1 },
  ])(
    'gives few rows the bits that they have among many on two threads: $opType',
    async ({ opType, transB }) => {
      const [inputs, outputs] = [256, 79];
      const random = new Random(79);
      const values = (length: number) => Float32Array.from({ length }, () => random.uniform() - 0.5);
      const builder = new GraphBuilder('tagger');
      const dims = transB === 1 ? [outputs, inputs] : [inputs, outputs];
      const weights = values(inputs * outputs);
      const constants = [builder.constant(floatTensor('w', dims, weights))];
      if (opType === 'Gemm') constants.push(builder.constant(floatTensor('b', [outputs], values(outputs))));
      const attributes = opType === 'Gemm' ? { transB: int(transB) } : {};
      const input = builder.input('input', ELEMENT.float32, ['rows', inputs]);
      const score = builder.op(opType, [input, ...constants], 'score', { attributes });
      builder.output(score, ELEMENT.float32, ['rows', outputs]);
      const model = builder.build();
      const rows = Array.from({ length: 200 }, () => values(inputs));
      const before = await (await openScorer(structuredClone(model), '1', 2))(rows);
      holdProducts(model);
      for (const disabled of ['0', '1']) {
        const run = await openScorer(model, disabled, 2);
        const together = await run(rows);
        for (const [at, value] of before.entries()) expect(together[at]).toBeCloseTo(value, 4);
        for (const count of [4, 20, 60]) {
          expect(await run(rows.slice(0, count))).toEqual(together.slice(0, count * outputs));
        }
      }
    },
  );
});

/** Opens a graph of `[rows, inputs]` to `[rows, outputs]`, whose output it gives in row-major order. */
async function openScorer(model: OnnxModel, unpacked: string, intraOpNumThreads?: number) {
  const session = await InferenceSession.create(encodeModel(model), {
    graphOptimizationLevel: 'disabled',
    ...(intraOpNumThreads !== undefined && { intraOpNumThreads }),
    extra: { session: { disable_prepacking: unpacked } },
  });
  return async (rows: readonly Float32Array[]): Promise<number[]> => {
    const values = Float32Array.from(rows.flatMap((row) => [...row]));
    const { score } = await session.run({
      input: new Tensor('float32', values, [rows.length, values.length / rows.length]),
    });
    return Array.from(score?.data ?? [], Number);
  };
}
