/**
 * fp32 to half precision, for GPUs: weights and activations are fp16, inputs int64 and outputs float32 as before. What
 * half precision cannot do, or could not on the goldens, stays fp32 between casts. See ADR-half.md.
 */
import { ToolchainError } from '../errors.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { HalfConverter } from './half/converter.ts';
import { choosePrecision } from './half/precision.ts';
import type { Peaks, ValueTypes } from './half/values.ts';

export { maskAsBias } from './half/mask-as-bias.ts';
export { collectPeaks, withPeaks } from './half/peaks.ts';
export { rounded } from './half/rounded.ts';

export interface HalfReport {
  /** Operators in half precision. */
  readonly operators: number;
  /** Constants beyond the range of half precision, which are finite in it now. */
  readonly clipped: number;
  /** Operators that stay fp32 because a value of theirs came too close to the end of the range. */
  readonly outOfRange: readonly string[];
}

/**
 * Converts a model in place. `types` has every value that a node gives, `peaks` their largest magnitudes where they
 * are known. Throws SOURCE_UNSUPPORTED for graphs within nodes (If, Loop), and WEIGHTS_INVALID for NaN by tensor name.
 */
export function half(model: OnnxModel, types: ValueTypes, peaks: Peaks = new Map()): HalfReport {
  const { graph } = model;
  const nested = graph.node.find(({ attribute }) => attribute.some(({ g, graphs }) => g ?? graphs?.length));
  if (nested !== undefined) {
    throw new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The graph has a ${nested.opType} with a graph inside, which there is no fp16 variant of. Package the model without fp16.`,
    );
  }
  const { half: operators, outOfRange } = choosePrecision(graph, types, peaks);
  const converter = new HalfConverter(graph, types, operators);
  converter.convert();
  return { operators: operators.size, clipped: converter.clipped, outOfRange };
}
