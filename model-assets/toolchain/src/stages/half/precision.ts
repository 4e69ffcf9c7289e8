import { FLOAT16_MAX } from '../../graph/half.ts';
import type { OnnxGraph, OnnxNode } from '../../graph/onnx.ts';
import type { Peaks, ValueTypes } from './values.ts';

/** A value that came closer than this to what half precision holds stays fp32: other texts may take it further. */
const HIGHEST_PEAK = FLOAT16_MAX / 4;

/**
 * Operators whose results, or what they add up, leave half precision soon, and what exporters take layer normalisation and
 * pooling apart into: squares, roots and sums. Kernels of LayerNormalization, Softmax and MatMul add up in fp32 by themselves.
 */
const DELICATE: ReadonlySet<string> = new Set([
  ...['Pow', 'Sqrt', 'Exp', 'Log', 'Reciprocal', 'CumSum', 'Range', 'Constant', 'ConstantOfShape'],
  ...['ReduceMean', 'ReduceSum', 'ReduceSumSquare', 'ReduceL1', 'ReduceL2', 'ReduceLogSumExp', 'ReduceProd'],
  ...['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'MatMulIntegerToFloat'],
]);

/** Operators that stay fp32 where a delicate operator gave one of their inputs: the steps between the parts of a normalisation. */
const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Abs']);

export interface Precision {
  /** Nodes that read and give float32 values and are to be in half precision. */
  readonly half: ReadonlySet<OnnxNode>;
  /** Names of nodes that stay fp32, for a value of theirs has too large a peak. */
  readonly outOfRange: readonly string[];
}

/** Chooses the nodes that run in half precision. */
export function choosePrecision(graph: OnnxGraph, types: ValueTypes, peaks: Peaks): Precision {
  const constants = new Set(graph.initializer.map(({ name }) => name));
  const isFloat = (name: string): boolean => types.get(name)?.element === 'float32';
  const isLarge = (name: string): boolean => (peaks.get(name) ?? 0) > HIGHEST_PEAK;
  const half = new Set<OnnxNode>();
  const delicate = new Set<string>();
  const outOfRange: string[] = [];
  for (const node of graph.node) {
    const values = [...node.input, ...node.output];
    if (!values.some((name) => isFloat(name))) continue;
    const goesOn = ELEMENTWISE.has(node.opType) && node.input.some((name) => delicate.has(name));
    if (DELICATE.has(node.opType) || goesOn) {
      for (const name of node.output) delicate.add(name);
    } else if (values.some((name) => !constants.has(name) && isLarge(name))) {
      outOfRange.push(node.name || node.output.join(', '));
    } else half.add(node);
  }
  return { half, outOfRange };
}
