/** A graph that runs 2^52 times round: ids and a mask in, logits out. */
import { GraphBuilder } from '../../model-assets/toolchain/src/graph/builder.ts';
import { int, makeNode } from '../../model-assets/toolchain/src/graph/node.ts';
import { ATTRIBUTE, encodeModel, type OnnxValueInfo } from '../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, int64Tensor } from '../../model-assets/toolchain/src/graph/tensor.ts';

const BOOLEAN = 9;

export function loopGraph(): Uint8Array {
  const builder = new GraphBuilder('endless');
  const ids = builder.input('input_ids', ELEMENT.int64, ['batch', 'tokens']);
  builder.input('attention_mask', ELEMENT.int64, ['batch', 'tokens']);
  const rounds = builder.constant(int64Tensor('rounds', [], [2 ** 52]));
  const condition = builder.constant({
    name: 'condition',
    dims: [],
    dataType: BOOLEAN,
    rawData: Uint8Array.of(1),
  });
  const body = {
    name: 'body',
    node: [makeNode('Identity', ['go'], ['goOn']), makeNode('Identity', ['state'], ['next'])],
    initializer: [],
    valueInfo: [],
    input: [value('round', ELEMENT.int64), value('go', BOOLEAN), value('state', ELEMENT.int64, 2)],
    output: [value('goOn', BOOLEAN), value('next', ELEMENT.int64, 2)],
  };
  const looped = builder.op('Loop', [rounds, condition, ids], 'looped', {
    attributes: { body: { type: ATTRIBUTE.graph, g: body } },
  });
  builder.op('Cast', [looped], 'logits', { attributes: { to: int(ELEMENT.float32) } });
  builder.output('logits', ELEMENT.float32, ['batch', 'tokens']);
  return encodeModel(builder.build());
}

function value(name: string, elemType: number, axes = 0): OnnxValueInfo {
  const dim = Array.from({ length: axes }, (_, axis) => ({ dimParam: `axis${axis}` }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}
