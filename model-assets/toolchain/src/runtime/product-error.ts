/** Lets ONNX Runtime compute how far quantised products are from those in fp32. */
import { GraphBuilder } from '../graph/builder.ts';
import { int } from '../graph/node.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor, rawTensor } from '../graph/tensor.ts';
import { type Run, type Value, withRunner } from './runner.ts';

/** Activations and weights of a product, and what is wanted of them. */
interface Trial {
  /** [rows, inputs] */
  readonly rows: Value;
  /** [inputs], multiplies the channels of the rows before they are quantised. */
  readonly multiplier: Float32Array;
  /** [inputs, outputs], after rounding. */
  readonly weights: Value;
  /** [rows, outputs], the product in fp32. */
  readonly expected: Value;
  /** [rows, 1], what the differences of each row are multiplied by. */
  readonly importance: Value;
}

/** Activations with one scale and zero point, as 8-bit unsigned integers. */
export interface StaticTrial extends Trial {
  readonly scale: number;
  /** 0 to 255 */
  readonly zero: number;
}

/** Activations with a scale for each row. */
export interface RowsTrial extends Trial {
  /** [inputs], added before they are multiplied, so that none is negative; undefined where each row has as much room on both sides of zero. */
  readonly shift: Float32Array | undefined;
}

export interface ProductError {
  /** Sum of the squared differences, each by its importance. */
  readonly squared: number;
  /** [outputs], the mean of the differences over the rows. */
  readonly mean: Float32Array;
}

export interface ProductRunner {
  /** `[rows, inputs] x [inputs, outputs]` */
  multiply(rows: Value, weights: Value): Promise<Value>;
  measureStatic(trial: StaticTrial): Promise<ProductError>;
  measureRows(trial: RowsTrial): Promise<ProductError>;
}

/** Opens the runner of products for as long as `work` takes. */
export async function withProductRunner<Result>(
  scratch: string,
  work: (runner: ProductRunner) => Promise<Result>,
): Promise<Result> {
  const open = <Inner>(graph: OnnxModel, inner: (run: Run) => Promise<Inner>): Promise<Inner> =>
    withRunner(graph, scratch, 'disabled', inner);
  return open(productGraph(), (multiply) =>
    open(staticGraph(), (fixed) =>
      open(rowsGraph('symmetric'), (symmetric) =>
        open(rowsGraph('shifted'), (shifted) =>
          work({
            multiply: async (rows, weights) => required((await multiply({ rows, weights })).product),
            measureStatic: (trial) => measure(fixed, trial, scalars(trial)),
            measureRows: (trial) =>
              trial.shift === undefined
                ? measure(symmetric, trial, {})
                : measure(shifted, trial, { shift: vector(trial.shift) }),
          }),
        ),
      ),
    ),
  );
}

async function measure(
  run: Run,
  { rows, multiplier, weights, expected, importance }: Trial,
  others: Readonly<Record<string, Value>>,
): Promise<ProductError> {
  const outputs = await run({ rows, weights, expected, importance, multiplier: vector(multiplier), ...others });
  return { squared: required(outputs.squared?.data[0]), mean: required(outputs.mean).data };
}

const vector = (data: Float32Array): Value => ({ dims: [data.length], data });

function scalars({ scale, zero }: StaticTrial): Readonly<Record<string, Value>> {
  return {
    scale: { dims: [], data: Float32Array.of(scale) },
    zero: { dims: [], data: Uint8Array.of(zero) },
  };
}

function required<Output>(output: Output | undefined): Output {
  if (output === undefined) throw new TypeError('The graph does not give the output that it declares.');
  return output;
}

function productGraph(): OnnxModel {
  const graph = new GraphBuilder('product');
  graph.input('rows', ELEMENT.float32, ['rows', 'inputs']);
  graph.input('weights', ELEMENT.float32, ['inputs', 'outputs']);
  graph.op('MatMul', ['rows', 'weights'], 'product');
  graph.output('product', ELEMENT.float32, ['rows', 'outputs']);
  return graph.build();
}

function staticGraph(): OnnxModel {
  const graph = new GraphBuilder('static');
  graph.input('scale', ELEMENT.float32, []);
  graph.input('zero', ELEMENT.uint8, []);
  return errorOf(graph, (scaled) => roundTrip(graph, scaled, ['scale', 'zero']));
}

function rowsGraph(kind: 'symmetric' | 'shifted'): OnnxModel {
  const graph = new GraphBuilder(kind);
  const axis = graph.constant(int64Tensor('last axis', [1], [-1]));
  const scale = graph.constant(floatTensor('step', [], Float32Array.of(1 / (kind === 'shifted' ? 255 : 127))));
  const zero = graph.constant(
    rawTensor('zero', ELEMENT.uint8, [], Uint8Array.of(kind === 'shifted' ? 0 : 128)),
  );
  if (kind === 'shifted') graph.input('shift', ELEMENT.float32, ['inputs']);
  return errorOf(graph, (scaled) => {
    const offset = kind === 'shifted' ? graph.op('Mul', ['shift', 'multiplier'], 'offset') : undefined;
    const moved = offset === undefined ? scaled : graph.op('Add', [scaled, offset], 'moved');
    const sizes = offset === undefined ? graph.op('Abs', [scaled], 'sizes') : moved;
    const peaks = graph.op('ReduceMax', [sizes, axis], 'peaks');
    const rounded = roundTrip(graph, graph.op('Div', [moved, peaks], 'shares'), [scale, zero]);
    const restored = graph.op('Mul', [rounded, peaks], 'restored');
    return offset === undefined ? restored : graph.op('Sub', [restored, offset], 'back');
  });
}

function roundTrip(graph: GraphBuilder, value: string, range: readonly string[]): string {
  const integers = graph.op('QuantizeLinear', [value, ...range], 'integers');
  return graph.op('DequantizeLinear', [integers, ...range], 'rounded');
}

/** The error of the product of activations that `round` has rounded, once their channels are multiplied. */
function errorOf(graph: GraphBuilder, round: (scaled: string) => string): OnnxModel {
  graph.input('rows', ELEMENT.float32, ['rows', 'inputs']);
  graph.input('multiplier', ELEMENT.float32, ['inputs']);
  graph.input('weights', ELEMENT.float32, ['inputs', 'outputs']);
  graph.input('expected', ELEMENT.float32, ['rows', 'outputs']);
  graph.input('importance', ELEMENT.float32, ['rows', 1]);
  const rounded = round(graph.op('Mul', ['rows', 'multiplier'], 'scaled'));
  graph.op('MatMul', [rounded, 'weights'], 'product');
  graph.op('Sub', ['product', 'expected'], 'difference');
  const keepdims = { attributes: { keepdims: int(0) } };
  graph.op('Mul', ['difference', 'importance'], 'weighted');
  graph.op('ReduceSumSquare', ['weighted'], 'squared', keepdims);
  graph.op('ReduceMean', ['difference', graph.constant(int64Tensor('axis', [1], [0]))], 'mean', keepdims);
  graph.output('squared', ELEMENT.float32, []);
  graph.output('mean', ELEMENT.float32, ['outputs']);
  return graph.build();
}
