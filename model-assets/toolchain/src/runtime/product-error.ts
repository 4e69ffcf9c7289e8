/** Lets ONNX Runtime compute how far quantised products are from those in fp32. */
import { GraphBuilder } from '../graph/builder.ts';
import { int } from '../graph/node.ts';
import { ELEMENT, int64Tensor } from '../graph/tensor.ts';
import { type Run, type Value, withRunner } from './runner.ts';

/** Activations and weights of a product, and what is wanted of them. */
export interface Trial {
  /** [rows, inputs] */
  readonly rows: Value;
  /** [inputs], multiplies the channels of the rows before they are quantised. */
  readonly multiplier: Float32Array;
  readonly scale: number;
  /** Zero point of the activations, 0 to 255. */
  readonly zero: number;
  /** [inputs, outputs], after rounding. */
  readonly weights: Value;
  /** [rows, outputs], the product in fp32. */
  readonly expected: Value;
}

export interface ProductError {
  /** Sum of the squared differences. */
  readonly squared: number;
  /** [outputs], the mean of the differences over the rows. */
  readonly mean: Float32Array;
}

export interface ProductRunner {
  /** `[rows, inputs] x [inputs, outputs]` */
  multiply(rows: Value, weights: Value): Promise<Value>;
  /** The error of the product of activations that are quantised with one scale and zero point, as 8-bit unsigned integers. */
  measure(trial: Trial): Promise<ProductError>;
}

/** Opens the runner of products for as long as `work` takes. */
export function withProductRunner<Result>(
  scratch: string,
  work: (runner: ProductRunner) => Promise<Result>,
): Promise<Result> {
  return withRunner(productGraph(), scratch, 'disabled', (multiply) =>
    withRunner(errorGraph(), scratch, 'disabled', (measure) => work(makeRunner(multiply, measure))),
  );
}

function makeRunner(multiply: Run, measure: Run): ProductRunner {
  return {
    multiply: async (rows, weights) => required((await multiply({ rows, weights })).product),
    measure: async ({ rows, multiplier, scale, zero, weights, expected }) => {
      const outputs = await measure({
        rows,
        weights,
        expected,
        multiplier: { dims: [multiplier.length], data: multiplier },
        scale: { dims: [], data: Float32Array.of(scale) },
        zero: { dims: [], data: Uint8Array.of(zero) },
      });
      return { squared: outputs.squared?.data[0] ?? Number.NaN, mean: required(outputs.mean).data };
    },
  };
}

function required<Output>(output: Output | undefined): Output {
  if (output === undefined) throw new TypeError('The graph does not give the output that it declares.');
  return output;
}

function productGraph() {
  const graph = new GraphBuilder('product');
  graph.input('rows', ELEMENT.float32, ['rows', 'inputs']);
  graph.input('weights', ELEMENT.float32, ['inputs', 'outputs']);
  graph.op('MatMul', ['rows', 'weights'], 'product');
  graph.output('product', ELEMENT.float32, ['rows', 'outputs']);
  return graph.build();
}

function errorGraph() {
  const graph = new GraphBuilder('product error');
  graph.input('rows', ELEMENT.float32, ['rows', 'inputs']);
  graph.input('multiplier', ELEMENT.float32, ['inputs']);
  graph.input('scale', ELEMENT.float32, []);
  graph.input('zero', ELEMENT.uint8, []);
  graph.input('weights', ELEMENT.float32, ['inputs', 'outputs']);
  graph.input('expected', ELEMENT.float32, ['rows', 'outputs']);
  graph.op('Mul', ['rows', 'multiplier'], 'scaled');
  graph.op('QuantizeLinear', ['scaled', 'scale', 'zero'], 'integers');
  graph.op('DequantizeLinear', ['integers', 'scale', 'zero'], 'rounded');
  graph.op('MatMul', ['rounded', 'weights'], 'product');
  graph.op('Sub', ['product', 'expected'], 'difference');
  const keepdims = { attributes: { keepdims: int(0) } };
  graph.op('ReduceSumSquare', ['difference'], 'squared', keepdims);
  graph.op('ReduceMean', ['difference', graph.constant(int64Tensor('axis', [1], [0]))], 'mean', keepdims);
  graph.output('squared', ELEMENT.float32, []);
  graph.output('mean', ELEMENT.float32, ['outputs']);
  return graph.build();
}
