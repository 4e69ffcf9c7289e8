import ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { int, string } from '../../../model-assets/toolchain/src/graph/node.ts';
import { encodeModel, type OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { quantiseLstms } from '../../../model-assets/toolchain/src/stages/quantise.ts';
import { Random } from '../../fixtures/random.ts';

const [TOKENS, BATCH, INPUTS] = [7, 3, 24];
const HIDDEN = 100;
const LENGTHS = [7, 4, 2];
const random = new Random(16);

/** A bidirectional LSTM that gives its states and the last ones. */
function buildLstm(hidden: number): OnnxModel {
  const graph = new GraphBuilder('lstm');
  const weights = (name: string, dims: readonly number[]) =>
    graph.constant(
      floatTensor(
        name,
        dims,
        random.normals(
          dims.reduce((product, dim) => product * dim, 1),
          0.1,
          0,
        ),
      ),
    );
  const x = graph.input('x', ELEMENT.float32, ['tokens', 'batch', INPUTS]);
  const lengths = graph.input('lengths', ELEMENT.int32, ['batch']);
  const inputs = [
    x,
    weights('W', [2, 4 * hidden, INPUTS]),
    weights('R', [2, 4 * hidden, hidden]),
    weights('B', [2, 8 * hidden]),
    lengths,
  ];
  const attributes = { hidden_size: int(hidden), direction: string('bidirectional') };
  const [states = '', last = ''] = graph.ops('LSTM', inputs, 'lstm', 2, { attributes });
  graph.output(states, ELEMENT.float32, ['tokens', 2, 'batch', hidden]);
  graph.output(last, ELEMENT.float32, [2, 'batch', hidden]);
  return graph.build();
}

const x = random.normals(TOKENS * BATCH * INPUTS, 1, 0);

/** Runs some rows of the inputs; what stands in their padding is `padding` times as large. */
async function run(model: OnnxModel, rows: readonly number[], tokens = TOKENS, padding = 1) {
  const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
  const data = Float32Array.from({ length: tokens * rows.length * INPUTS }, (_, at) => {
    const [token, row] = [
      Math.floor(at / (rows.length * INPUTS)),
      rows[Math.floor(at / INPUTS) % rows.length] ?? 0,
    ];
    const value = x[(token * BATCH + row) * INPUTS + (at % INPUTS)] ?? 0;
    return token < (LENGTHS[row] ?? 0) ? value : padding * value;
  });
  const { 'lstm:0': states, 'lstm:1': last } = await session.run({
    x: new ort.Tensor('float32', data, [tokens, rows.length, INPUTS]),
    lengths: new ort.Tensor(
      'int32',
      Int32Array.from(rows, (row) => LENGTHS[row] ?? 0),
      [rows.length],
    ),
  });
  await session.release();
  const read = (tensor: ort.Tensor = new ort.Tensor('float32', [], [0])) => ({
    dims: tensor.dims,
    values: Array.from(tensor.data, Number),
  });
  return { states: read(states), last: read(last) };
}

describe('an LSTM of eight bits', () => {
  const fp32 = buildLstm(HIDDEN);
  const int8 = structuredClone(fp32);
  const count = quantiseLstms(int8, 63);

  it('gives nearly what it gives in fp32, in the same shapes', async () => {
    expect(count).toBe(1);
    const [before, after] = [await run(fp32, [0, 1, 2]), await run(int8, [0, 1, 2])];
    for (const output of ['states', 'last'] as const) {
      const [expected, actual] = [before[output], after[output]];
      expect(actual.dims).toEqual(expected.dims);
      const off = expected.values.map((value, at) => Math.abs(value - (actual.values[at] ?? Number.NaN)));
      expect(Math.max(...off)).toBeLessThan(0.03);
      expect(Math.max(...off)).toBeGreaterThan(0);
    }
  });

  it('gives a row the same bits alone and in any batch, whatever stands in its padding', async () => {
    const alone = await run(int8, [1], LENGTHS[1]);
    const together = await run(int8, [0, 1, 2], TOKENS, 50);
    const ofRow = [0, 1].flatMap((direction) => {
      const at = (direction * BATCH + 1) * HIDDEN;
      return together.last.values.slice(at, at + HIDDEN);
    });
    expect(ofRow).toEqual(alone.last.values);
  });

  it('stays in fp32 where its state is small', () => {
    const small = buildLstm(16);
    expect(quantiseLstms(small, 127)).toBe(0);
    expect(small.graph.node.map(({ opType }) => opType)).toEqual(['LSTM']);
  });
});
