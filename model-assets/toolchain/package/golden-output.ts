import { type GoldenOutput, type Tensor, topOfRows } from '@pilotlight/engine';

/** Rows of an output that a golden stores, at most, and values: goldens stay a small part of a package. */
const MAXIMUM_ROWS = 8;
const MAXIMUM_VALUES = 1024;

/** Significant digits of a stored value; a float32 has 7.2. */
const DIGITS = 8;

/** What a golden stores of an output without its batch axis, `[columns]` or `[rows, columns]`. */
export function goldenOutput({ dims, data }: Tensor, isLogits: boolean): GoldenOutput {
  const columns = dims.at(-1) ?? 1;
  const rows = Math.max(1, Math.min(MAXIMUM_ROWS, Math.floor(MAXIMUM_VALUES / columns)));
  const values = Array.from(data.subarray(0, rows * columns), (value) => Number(value.toPrecision(DIGITS)));
  return { dims: [...dims], values, ...(isLogits && { top: topOfRows(data, columns) }) };
}
