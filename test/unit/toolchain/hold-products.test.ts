import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { holdProducts } from '../../../model-assets/toolchain/src/stages/hold-products.ts';

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
      return builder.op('Gemm', [builder.op('MatMul', [input, shared], 'first'), shared], 'second');
    });
    expect(nodesOf(graph)).toEqual([
      ['Reshape', 'w', 'w/shape'],
      ['MatMul', 'input', 'w/held'],
      ['Gemm', 'first', 'w/held'],
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
});
