import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { makeNode, tensor } from '../../../model-assets/toolchain/src/graph/node.ts';
import { ATTRIBUTE } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { liftConstants, nameWeights } from '../../../model-assets/toolchain/src/graph/tidy.ts';

const matrix = (name: string) => floatTensor(name, [2, 2], Float32Array.of(1, 2, 3, 4));

describe('constants of an exported graph', () => {
  it('become initialisers by the names of their values, and no other node goes', () => {
    const builder = new GraphBuilder('constants');
    const x = builder.input('x', ELEMENT.float32, ['n', 2]);
    const w = builder.op('Constant', [], 'w', { attributes: { value: tensor(matrix('inner name')) } });
    const floats = { type: ATTRIBUTE.floats, floats: [1] };
    builder.op('Constant', [], 'listed', { attributes: { value_floats: floats } });
    builder.output(builder.op('MatMul', [x, w], 'y'), ELEMENT.float32, ['n', 2]);
    const { graph } = builder.build();
    liftConstants(graph);
    expect(graph.initializer.map(({ name, dims }) => [name, dims])).toEqual([['w', [2, 2]]]);
    expect(graph.node.map(({ output }) => output[0])).toEqual(['listed', 'y']);
  });
});

describe('weights with a name that torch.onnx made up', () => {
  function graphOf(weights: string, nodeName: string) {
    const builder = new GraphBuilder('names');
    const x = builder.input('x', ELEMENT.float32, ['n', 2]);
    builder.output(builder.op('MatMul', [x, builder.constant(matrix(weights))], 'y'), ELEMENT.float32, [
      'n',
      2,
    ]);
    const { graph } = builder.build();
    for (const node of graph.node) node.name = nodeName;
    return graph;
  }

  it('get that of the node that reads them', () => {
    const graph = graphOf('onnx::MatMul_1534', '/encoder/layer.0/query/MatMul');
    nameWeights(graph);
    expect(graph.initializer[0]?.name).toBe('/encoder/layer.0/query/MatMul');
    expect(graph.node[0]?.input).toEqual(['x', '/encoder/layer.0/query/MatMul']);
  });

  it.each([
    ['is a real name', 'encoder.layer.0.query.weight', '/query/MatMul'],
    ['has no node with a name', 'onnx::MatMul_1534', ''],
    ['would have the name of a value', 'onnx::MatMul_1534', 'y'],
  ])('keep theirs where it %s', (_, weights, node) => {
    const graph = graphOf(weights, node);
    nameWeights(graph);
    expect(graph.initializer[0]?.name).toBe(weights);
    expect(graph.node[0]?.input).toEqual(['x', weights]);
  });

  it('keep theirs where two nodes read them, one inside another', () => {
    const graph = graphOf('onnx::MatMul_7', '/query/MatMul');
    const inner = graphOf('other', '/inner');
    for (const node of inner.node) node.input = ['x', 'onnx::MatMul_7'];
    graph.node.push({
      ...makeNode('If', ['condition'], ['z']),
      attribute: [{ name: 'then_branch', type: ATTRIBUTE.graph, g: inner }],
    });
    nameWeights(graph);
    expect(graph.initializer[0]?.name).toBe('onnx::MatMul_7');
  });
});
