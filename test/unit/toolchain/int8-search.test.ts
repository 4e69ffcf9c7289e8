/** How scales are chosen: ranges, equalisation, and where channels can be divided at no cost. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder, MICROSOFT } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { float, int, ints } from '../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import type { Activations } from '../../../model-assets/toolchain/src/runtime/capture.ts';
import { withProductRunner } from '../../../model-assets/toolchain/src/runtime/product-error.ts';
import { withRunner } from '../../../model-assets/toolchain/src/runtime/runner.ts';
import { cutRange } from '../../../model-assets/toolchain/src/stages/quantise/range.ts';
import { scalingOf } from '../../../model-assets/toolchain/src/stages/quantise/scaling.ts';
import { findShift, Search } from '../../../model-assets/toolchain/src/stages/quantise/search.ts';
import { Upstream } from '../../../model-assets/toolchain/src/stages/quantise/upstream.ts';
import { Random } from '../../fixtures/random.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

function activationsOf(rows: Float32Array, channels: number): Activations {
  const column = (channel: number) => rows.filter((_, at) => at % channels === channel);
  const extremes = (pick: (...values: number[]) => number) =>
    Float32Array.from({ length: channels }, (_, channel) => pick(...column(channel)));
  return { channels, rows, lowest: extremes(Math.min), highest: extremes(Math.max) };
}

describe('a range', () => {
  it('has zero among its integers, and its ends at 0 and 255', () => {
    expect(cutRange({ low: -1, high: 1.55 }, 1)).toEqual({ scale: Math.fround(0.01), zero: 100 });
    expect(cutRange({ low: 0, high: 2.55 }, 1).zero).toBe(0);
    expect(cutRange({ low: -2.55, high: 0 }, 1).zero).toBe(255);
  });

  it('is cut less on its shorter side', () => {
    const { scale, zero } = cutRange({ low: -0.17, high: 10 }, 0.5);
    expect(zero * scale).toBeCloseTo(0.17 * 0.65, 1);
    expect((255 - zero) * scale).toBeCloseTo(5, 1);
    const turned = cutRange({ low: -10, high: 0.17 }, 0.5);
    expect(turned.zero * turned.scale).toBeCloseTo(5, 1);
  });

  it('of nothing but zeros has a step', () => {
    expect(cutRange({ low: 0, high: 0 }, 1)).toEqual({ scale: 1, zero: 0 });
  });
});

describe('equalisation', () => {
  it('divides channels by max|x|^alpha / max|w|^(1 - alpha), with a geometric mean of 1', () => {
    const scaling = scalingOf(Float32Array.of(16, 1), Float32Array.of(1, 1), 0.5);
    expect([...scaling]).toEqual([2, 0.5]);
    const random = new Random(1);
    const peaks = random.normals(50, 1, 4);
    const weightPeaks = random.normals(50, 0.1, 0.5);
    for (const alpha of [0.5, 0.8, 1]) {
      const product = scalingOf(peaks, weightPeaks, alpha).reduce((sum, value) => sum + Math.log(value), 0);
      expect(product).toBeCloseTo(0, 4);
    }
  });

  it('shifts what GELU, ReLU and SiLU give, and nothing else', () => {
    const of = (low: number, high: number) => ({
      lowest: Float32Array.of(low, 0),
      highest: Float32Array.of(1, high),
    });
    expect(findShift(of(-0.16997, 5))).toBe(0.1701);
    expect(findShift(of(0, 5))).toBe(0);
    expect(findShift(of(-0.27846, 5))).toBe(0.2785);
    expect(findShift(of(-0.3, 5))).toBeUndefined();
    expect(findShift({ lowest: Float32Array.of(-0.1), highest: Float32Array.of(0.2) })).toBeUndefined();
  });
});

describe('the search', () => {
  it('is never worse than the whole range without equalisation, for one product and for several', async () => {
    await withProductRunner(folder, async (runner) => {
      for (const seed of [1, 2, 3]) {
        const random = new Random(seed);
        const [rows, channels, outputs] = [60, 24, 10];
        const values = random.normals(rows * channels, 1, 0.2);
        for (let row = 0; row < rows; row++) values[row * channels + 5] = 25 * random.normal();
        const activations = activationsOf(values, channels);
        const matrices = Array.from({ length: seed }, (_, index) => ({
          ...{ name: `weights ${index}`, rows: channels, columns: outputs },
          values: random.normals(channels * outputs, 0.2, 0),
        }));
        const open = (equalises: boolean) =>
          Search.open(runner, activations, matrices, { limit: 127, equalises });
        const plain = await (await open(false)).static();
        const equalised = await (await open(true)).static();
        expect(plain.scaling).toBeUndefined();
        expect(equalised.alpha).toBeGreaterThan(0);
        expect(equalised.errors).toHaveLength(seed);
        expect(Math.hypot(...equalised.errors)).toBeLessThan(0.5 * Math.hypot(...plain.errors));
        const byRow = await (await open(true)).rows();
        expect(Math.max(...byRow.errors)).toBeLessThan(0.02);
      }
    });
  });
});

const [TOKENS, HIDDEN, HEADS] = [5, 8, 2];

/** `x [1, tokens, hidden]` through what `write` adds; gives the value that it returns. */
function graphOf(
  write: (graph: GraphBuilder, dense: (x: string, columns: number, name: string) => string) => string,
) {
  const random = new Random(9);
  const graph = new GraphBuilder('upstream');
  graph.input('x', ELEMENT.float32, [1, TOKENS, HIDDEN]);
  const value = write(graph, (x, columns, name) => {
    const weights = floatTensor(`${name}.weight`, [HIDDEN, columns], random.normals(HIDDEN * columns, 1, 0));
    const bias = floatTensor(`${name}.bias`, [columns], random.normals(columns, 1, 0));
    return graph.op(
      'Add',
      [graph.op('MatMul', [x, graph.constant(weights)], `${name}/product`), graph.constant(bias)],
      name,
    );
  });
  graph.output(value, ELEMENT.float32, [1, TOKENS, HIDDEN]);
  return { model: graph.build(), value };
}

async function run(model: OnnxModel, value: string): Promise<Float32Array> {
  const data = new Random(10).normals(TOKENS * HIDDEN, 1, 0);
  return withRunner(model, folder, 'disabled', async (once) => {
    const outputs = await once({ x: { dims: [1, TOKENS, HIDDEN], data } });
    return outputs[value]?.data ?? new Float32Array();
  });
}

function standardAttention(
  graph: GraphBuilder,
  dense: (x: string, columns: number, name: string) => string,
): string {
  const shape = graph.constant(int64Tensor('shape', [4], [0, 0, HEADS, HIDDEN / HEADS]));
  const perm = { attributes: { perm: ints([0, 2, 1, 3]) } };
  const heads = (name: string) =>
    graph.op(
      'Transpose',
      [graph.op('Reshape', [dense('x', HIDDEN, name), shape], `${name}/heads`)],
      `${name}/turned`,
      perm,
    );
  const keys = graph.op('Transpose', [heads('key')], 'keys', { attributes: { perm: ints([0, 1, 3, 2]) } });
  const scores = graph.op('Softmax', [graph.op('MatMul', [heads('query'), keys], 'scores')], 'shares', {
    attributes: { axis: int(-1) },
  });
  const attended = graph.op(
    'Transpose',
    [graph.op('MatMul', [scores, heads('value')], 'attended')],
    'turned',
    perm,
  );
  const whole = graph.constant(int64Tensor('whole', [3], [0, 0, HIDDEN]));
  return graph.op('Reshape', [attended, whole], 'context');
}

describe('channels are divided where they come from', () => {
  const scaling = Float32Array.from({ length: HIDDEN }, (_, channel) => 0.25 + channel);
  const cases = {
    'a product': graphOf((_, dense) => dense('x', HIDDEN, 'layer')),
    'a product through ReLU': graphOf((graph, dense) =>
      graph.op('Relu', [dense('x', HIDDEN, 'layer')], 'relu'),
    ),
    'the values of attention, in one product with queries and keys': graphOf((graph, dense) => {
      const parts = graph.ops('Split', [dense('x', 3 * HIDDEN, 'all')], 'split', 3, {
        attributes: { axis: int(-1), num_outputs: int(3) },
      });
      return graph.op('MultiHeadAttention', parts, 'context', {
        domain: MICROSOFT,
        attributes: { num_heads: int(HEADS) },
      });
    }),
    'the values of attention by standard operators': graphOf(standardAttention),
    'a layer normalisation': graphOf((graph) =>
      graph.op(
        'LayerNormalization',
        [
          'x',
          graph.constant(floatTensor('gamma', [HIDDEN], new Random(3).normals(HIDDEN, 1, 1))),
          graph.constant(floatTensor('beta', [HIDDEN], new Random(4).normals(HIDDEN, 1, 0))),
        ],
        'normed',
        { attributes: { axis: int(-1), epsilon: float(1e-5) } },
      ),
    ),
  };

  it.each(Object.entries(cases))('in %s, exactly', async (_title, { model, value }) => {
    const before = await run(model, value);
    expect(new Upstream(model.graph).divide(value, 1, scaling)).toBe(true);
    const after = await run(model, value);
    expect(after).toHaveLength(TOKENS * HIDDEN);
    for (const [at, divided] of after.entries())
      expect(divided * (scaling[at % HIDDEN] ?? 0)).toBeCloseTo(before[at] ?? Number.NaN, 4);
  });

  it('not behind GELU, not where something else reads them, and not where they have no constant', async () => {
    const gelu = graphOf((graph, dense) => graph.op('Gelu', [dense('x', HIDDEN, 'layer')], 'gelu'));
    const shared = graphOf((graph, dense) => {
      const layer = dense('x', HIDDEN, 'layer');
      return graph.op('Add', [graph.op('Relu', [layer], 'relu'), layer], 'sum');
    });
    const { model, value } = graphOf((_, dense) => dense('x', HIDDEN, 'layer'));
    expect(new Upstream(gelu.model.graph).divide(gelu.value, 1, scaling)).toBe(false);
    expect(new Upstream(shared.model.graph).divide('relu', 1, scaling)).toBe(false);
    expect(new Upstream(model.graph).divide(value, 2, scaling)).toBe(false);
    expect(new Upstream(model.graph).divide('x', 1, scaling)).toBe(false);
  });
});
