import type { GoldenOutput, Tensor } from '@pilotlight/engine';
import { topOfRows } from '@pilotlight/engine/internal/predict/goldens/top-of-rows';

/** Rows of an output that a golden stores, at most, and values: goldens stay a small part of a package. */
const MAXIMUM_ROWS = 8;
const MAXIMUM_VALUES = 1024;

/** Significant digits of a stored value; a float32 has 7.2. */
const DIGITS = 8;

/**
 * Selects the values of an output, `[columns]` or `[rows, columns]` without a batch axis, that a golden stores: its first rows, or values
 * all over it where one row alone is too wide, as the logits of a vocabulary are.
 */
export function goldenOutput({ dims, data }: Tensor, isLogits: boolean): GoldenOutput {
  const columns = dims.at(-1) ?? 1;
  const top = isLogits && { top: topOfRows(data, columns) };
  if (columns > MAXIMUM_VALUES) {
    const stride = strideOver(data.length, columns);
    const count = Math.ceil(data.length / stride);
    const spread = Array.from({ length: count }, (_, index) => rounded(data[index * stride] ?? Number.NaN));
    return { dims: [...dims], values: spread, stride, ...top };
  }
  const rows = Math.max(1, Math.min(MAXIMUM_ROWS, Math.floor(MAXIMUM_VALUES / columns)));
  return { dims: [...dims], values: Array.from(data.subarray(0, rows * columns), rounded), ...top };
}

/** A step that leaves MAXIMUM_VALUES at most, and that meets another column in each row. */
function strideOver(length: number, columns: number): number {
  let stride = Math.ceil(length / MAXIMUM_VALUES);
  while (greatestCommonDivisor(stride, columns) > 1) stride++;
  return stride;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

const rounded = (value: number): number => Number(value.toPrecision(DIGITS));
