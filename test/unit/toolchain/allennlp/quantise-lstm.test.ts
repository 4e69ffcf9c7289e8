import { tmpdir } from 'node:os';
import { Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { quantiseLstms } from '../../../../model-assets/toolchain/src/allennlp/package/quantise-lstm.ts';
import { GraphBuilder } from '../../../../model-assets/toolchain/src/graph/builder.ts';
import { int, string } from '../../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxModel } from '../../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor } from '../../../../model-assets/toolchain/src/graph/tensor.ts';
import { withSession } from '../../../../model-assets/toolchain/src/runtime/with-session.ts';

const [SIZE, HIDDEN, LENGTH] = [24, 32, 7];

let seed = 1;
/** Numbers from -1 to 1, the same in every run. */
const numbers = (count: number, scale = 1): Float32Array =>
  Float32Array.from({ length: count }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return scale * (seed / 2 ** 30 - 1);
  });

function bidirectional(): OnnxModel {
  seed = 1;
  const graph = new GraphBuilder('lstm');
  const weights = (name: string, dims: readonly number[]) =>
    graph.constant(
      floatTensor(
        name,
        dims,
        numbers(
          dims.reduce((a, b) => a * b),
          0.3,
        ),
      ),
    );
  const inputs = [
    graph.input('x', ELEMENT.float32, ['length', 'batch', SIZE]),
    weights('W', [2, 4 * HIDDEN, SIZE]),
    weights('R', [2, 4 * HIDDEN, HIDDEN]),
    weights('B', [2, 8 * HIDDEN]),
    graph.input('lengths', ELEMENT.int32, ['batch']),
  ];
  const attributes = { hidden_size: int(HIDDEN), direction: string('bidirectional'), layout: int(0) };
  graph.op('LSTM', inputs, 'y', { attributes });
  graph.output('y', ELEMENT.float32, ['length', 2, 'batch', HIDDEN]);
  return graph.build();
}

const run = (model: OnnxModel): Promise<Float32Array> =>
  withSession(model, tmpdir(), {}, async (session) => {
    seed = 7;
    const x = new Tensor('float32', numbers(LENGTH * 2 * SIZE), [LENGTH, 2, SIZE]);
    const lengths = new Tensor('int32', Int32Array.from([LENGTH, 3]), [2]);
    const { y } = await session.run({ x, lengths });
    return Float32Array.from(y?.data as Float32Array);
  });

describe('an LSTM in int8', () => {
  it('gives what it gave in fp32, but for a hundredth, in both directions and for texts of unlike length', async () => {
    const expected = await run(bidirectional());
    const model = bidirectional();
    expect(quantiseLstms(model)).toBe(1);
    expect(model.graph.node.map(({ opType }) => opType)).toEqual(['DynamicQuantizeLSTM']);
    expect(model.graph.initializer.map(({ name }) => name)).not.toContain('W');
    const actual = await run(model);
    const largest = expected.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - (actual[at] ?? 9))),
      0,
    );
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.02);
  });

  it('is not made of a graph without one', () => {
    const graph = new GraphBuilder('none');
    graph.op('Identity', [graph.input('x', ELEMENT.float32, ['batch'])], 'y');
    graph.output('y', ELEMENT.float32, ['batch']);
    expect(quantiseLstms(graph.build())).toBe(0);
  });
});
