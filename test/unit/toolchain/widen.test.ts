import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { int, makeNode, tensor } from '../../../model-assets/toolchain/src/graph/node.ts';
import { ATTRIBUTE, encodeModel, type OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floats, floatTensor, rawTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { widen } from '../../../model-assets/toolchain/src/graph/widen.ts';

/** Bits of 1, -2, 0.5 and 65,504 in binary16, from IEEE 754. */
const FP16 = Uint8Array.from([0x00, 0x3c, 0x00, 0xc0, 0x00, 0x38, 0xff, 0x7b]);
/** Bits of 1, -2, 0.5 and 3 in bfloat16: the upper halves of those of float32. */
const BF16 = Uint8Array.from([0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f, 0x40, 0x40]);

/** y = cast(x) * w + c, computed in half precision between ends of fp32, or of half precision too. */
function halfModel(half: number, ends: number): OnnxModel {
  const graph = new GraphBuilder('half');
  graph.input('x', ends, ['n', 2]);
  const narrow = graph.op('Cast', ['x'], 'narrow', { attributes: { to: int(half) } });
  const weights = rawTensor('w', half, [2, 2], half === ELEMENT.float16 ? FP16 : BF16);
  const product = graph.op('MatMul', [narrow, graph.constant(weights)], 'product');
  const one = {
    name: 'one',
    dims: [],
    dataType: half,
    int32Data: [half === ELEMENT.float16 ? 0x3c00 : 0x3f80],
  };
  const constant = graph.op('Constant', [], 'c', { attributes: { value: tensor(one) } });
  const sum = graph.op('Add', [product, constant], 'sum');
  graph.output(graph.op('Cast', [sum], 'y', { attributes: { to: int(ends) } }), ends, ['n', 2]);
  return graph.build();
}

async function run(model: OnnxModel): Promise<unknown> {
  const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2), [1, 2]) });
  await session.release();
  return { type: y?.type, values: [...(y?.data ?? [])] };
}

describe('a graph in half precision', () => {
  it.each([
    ['fp16', ELEMENT.float16, ELEMENT.float32, [3, 131_007]],
    ['fp16', ELEMENT.float16, ELEMENT.float16, [3, 131_007]],
    ['bf16', ELEMENT.bfloat16, ELEMENT.float32, [3, 5]],
    ['bf16', ELEMENT.bfloat16, ELEMENT.bfloat16, [3, 5]],
  ] as const)(
    'of %s (element type %i, ends of %i) runs in fp32 with the same weights',
    async (name, half, ends, values) => {
      const model = halfModel(half, ends);
      expect(widen(model.graph)).toBe(name);
      // 65,504 * 2 lies beyond the range of fp16, and within that of fp32.
      expect(await run(model)).toEqual({ type: 'float32', values });
    },
  );

  it('has no half left anywhere: weights, constants, casts, declared types, graphs inside nodes', () => {
    const model = halfModel(ELEMENT.float16, ELEMENT.float16);
    const inner = halfModel(ELEMENT.float16, ELEMENT.float16).graph;
    model.graph.node.push({
      ...makeNode('If', ['condition'], ['z']),
      attribute: [{ name: 'then_branch', type: ATTRIBUTE.graph, g: inner }],
    });
    widen(model.graph);
    const text = JSON.stringify(model, (key, value) => (key === 'rawData' ? undefined : value));
    expect(text).not.toMatch(/"(dataType|elemType|i)":10\b/);
    expect(floats(inner.initializer[0] ?? rawTensor('', 1, [0], new Uint8Array()))).toEqual(
      Float32Array.of(1, -2, 0.5, 65_504),
    );
  });

  it('keeps no cast between its weights and what reads them', () => {
    const graph = new GraphBuilder('cast');
    const x = graph.input('x', ELEMENT.float32, ['n', 2]);
    const stored = graph.constant(rawTensor('stored', ELEMENT.bfloat16, [2, 2], BF16));
    const weights = graph.op('Cast', [stored], 'weights', { attributes: { to: int(ELEMENT.float32) } });
    graph.output(graph.op('MatMul', [x, weights], 'y'), ELEMENT.float32, ['n', 2]);
    const model = graph.build();
    expect(widen(model.graph)).toBe('bf16');
    expect(model.graph.node.map(({ opType }) => opType)).toEqual(['Identity', 'MatMul']);
  });

  it('is one whose weights are halves: a single half among fp32 does not make it one', () => {
    const graph = new GraphBuilder('mixed');
    const weights = graph.constant(floatTensor('w', [4], new Float32Array(4)));
    const small = graph.constant(rawTensor('h', ELEMENT.float16, [1], FP16.slice(0, 2)));
    const wide = graph.op('Cast', [small], 'wide', { attributes: { to: int(ELEMENT.float32) } });
    graph.output(graph.op('Add', [weights, wide], 'y'), ELEMENT.float32, [4]);
    expect(widen(graph.build().graph)).toBeUndefined();
  });
});
