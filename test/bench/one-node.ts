import { GraphBuilder } from '../../model-assets/toolchain/src/graph/builder.ts';
import { encodeModel } from '../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor } from '../../model-assets/toolchain/src/graph/tensor.ts';

/** A model of one node: `value` [1] plus one is `sum` [1]. */
export function oneNodeModel(): Uint8Array {
  const graph = new GraphBuilder('one-node');
  const value = graph.input('value', ELEMENT.float32, [1]);
  graph.op('Add', [value, graph.constant(floatTensor('one', [1], Float32Array.of(1)))], 'sum');
  graph.output('sum', ELEMENT.float32, [1]);
  return encodeModel(graph.build());
}
