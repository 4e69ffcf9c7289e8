/** The nodes that products with int8 weights are computed by. See ADR-int8.md. */
import { MICROSOFT } from '../../graph/builder.ts';
import { int, ints } from '../../graph/node.ts';
import type { OnnxTensor } from '../../graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor, rawTensor } from '../../graph/tensor.ts';
import type { Range } from './range.ts';
import type { StoredWeights } from './weight-store.ts';
import type { Op, Writer } from './writer.ts';

/** Activations as unsigned integers, by the names of their values in the graph. */
export interface QuantisedActivations {
  readonly values: string;
  readonly scale: string;
  readonly zero: string;
  /** [.., 1], what the product of each row is multiplied by. @default - nothing */
  readonly peaks?: string;
}

/** `Mul` by a constant vector, where there is one. */
export function writeEqualiser(
  op: Op,
  writer: Writer,
  activations: string,
  multiplier: Float32Array | undefined,
): string {
  if (multiplier === undefined) return activations;
  const vector = floatTensor(`${activations}/equaliser`, [multiplier.length], multiplier);
  return op('Mul', [activations, writer.constant(vector)]);
}

/** One scale and zero point for all rows. */
export function writeStatic(
  op: Op,
  writer: Writer,
  equalised: string,
  { scale, zero }: Range,
): QuantisedActivations {
  const constants = {
    scale: writer.constant(scalar(`${equalised}/scale`, scale)),
    zero: writer.constant(byte(`${equalised}/zero`, zero)),
  };
  return { ...constants, values: op('QuantizeLinear', [equalised, constants.scale, constants.zero]) };
}

/** Below every value that matters; a row of zeros is not divided by zero. */
const SMALLEST_PEAK = 1e-30;

/** ReduceMax takes its axes as an input since operator set 18. */
const AXES_ARE_INPUT = 18;

/**
 * A scale for each row: its largest absolute value, or its largest value once `offset` [channels] is added, becomes the largest integer. What
 * ReLU gives has an offset of zeros, which is not added.
 */
export function writeRows(
  op: Op,
  writer: Writer,
  equalised: string,
  offset: Float32Array | undefined,
): QuantisedActivations {
  const moved = offset?.some(Boolean)
    ? op('Add', [equalised, writer.constant(floatTensor(`${equalised}/offset`, [offset.length], offset))])
    : equalised;
  const sizes = offset === undefined ? op('Abs', [equalised]) : moved;
  const keepdims = int(1);
  const largest =
    writer.opset >= AXES_ARE_INPUT
      ? op('ReduceMax', [sizes, writer.shared(int64Tensor('rows/axes', [1], [-1]))], {
          attributes: { keepdims },
        })
      : op('ReduceMax', [sizes], { attributes: { keepdims, axes: ints([-1]) } });
  const peaks = op('Max', [largest, writer.shared(scalar('rows/smallest', SMALLEST_PEAK))]);
  const [scale, zero] =
    offset === undefined
      ? [writer.shared(scalar('rows/step', 1 / 127)), writer.shared(byte('rows/zero', 128))]
      : [writer.shared(scalar('rows/fine-step', 1 / 255)), writer.shared(byte('rows/bottom', 0))];
  const values = op('QuantizeLinear', [op('Div', [moved, peaks]), scale, zero]);
  return { values, scale, zero, peaks };
}

/**
 *     output[.., n] = (sum over k of (a[.., k] - zero) * w[k, n]) * (aScale * wScale[n]) * peak[..] + bias[n]
 */
export function writeProduct(
  op: Op,
  { values, scale, zero, peaks }: QuantisedActivations,
  weights: StoredWeights,
  bias: string | undefined,
  output: string,
): void {
  const inputs = [values, weights.values, scale, weights.scales, zero];
  const integers = (more: readonly string[], name?: string): string =>
    op('MatMulIntegerToFloat', [...inputs, ...more], {
      domain: MICROSOFT,
      ...(name !== undefined && { output: name }),
    });
  if (peaks === undefined) integers(bias === undefined ? [] : ['', bias], output);
  else if (bias === undefined) op('Mul', [integers([]), peaks], { output });
  else op('Add', [op('Mul', [integers([]), peaks]), bias], { output });
}

function scalar(name: string, value: number): OnnxTensor {
  return floatTensor(name, [], Float32Array.of(value));
}

function byte(name: string, value: number): OnnxTensor {
  return rawTensor(name, ELEMENT.uint8, [], Uint8Array.of(value));
}
