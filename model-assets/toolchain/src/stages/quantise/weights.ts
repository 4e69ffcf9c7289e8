import { ToolchainError } from '../../errors.ts';

/** Integers of one weight matrix and the step of each channel: `value ≈ integer * scale`. */
export interface QuantisedWeights {
  /** Same element order as the matrix they were made from. */
  readonly values: Int8Array;
  /** One step per channel; 1 for a channel of zeros. */
  readonly scales: Float32Array;
}

/** A row-major matrix, `[rows, columns]`. */
export interface Matrix {
  readonly name: string;
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Largest integer in use: 127 for eight bits, 63 for the seven bits of a reduced range. */
export type Limit = 127 | 63;

/**
 * Symmetric int8 with one scale per column: `scale = max|column| / limit`, so that zero stays exactly zero and
 * every weight is off by at most half a step. Throws WEIGHTS_INVALID for NaN and infinities.
 */
export function quantiseColumns(matrix: Matrix, limit: Limit): QuantisedWeights {
  const { rows, columns, values: source } = matrix;
  const peaks = new Float64Array(columns);
  let poison = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const weight = source[at] ?? 0;
      const size = Math.abs(weight);
      poison += weight * 0;
      if (size > (peaks[column] ?? 0)) peaks[column] = size;
    }
  }
  refuseUnlessFinite(matrix, poison);
  const scales = Float32Array.from(peaks, (peak) => computeStep(peak, limit));
  const inverses = Float64Array.from(scales, (scale) => 1 / scale);
  const values = new Int8Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      values[at] = Math.round((source[at] ?? 0) * (inverses[column] ?? 0));
    }
  }
  return { values, scales };
}

/** Does the same as `quantiseColumns`, with one scale per row. */
export function quantiseRows(matrix: Matrix, limit: Limit): QuantisedWeights {
  const { rows, columns, values: source } = matrix;
  const scales = new Float32Array(rows);
  const values = new Int8Array(rows * columns);
  let poison = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const end = start + columns;
    let peak = 0;
    for (let at = start; at < end; at++) {
      const weight = source[at] ?? 0;
      const size = Math.abs(weight);
      poison += weight * 0;
      if (size > peak) peak = size;
    }
    const scale = Math.fround(computeStep(peak, limit));
    const inverse = 1 / scale;
    scales[row] = scale;
    for (let at = start; at < end; at++) values[at] = Math.round((source[at] ?? 0) * inverse);
  }
  refuseUnlessFinite(matrix, poison);
  return { values, scales };
}

/** A float32 step that is never zero: a peak below what a step can express leaves the channel at zero. */
function computeStep(peak: number, limit: Limit): number {
  return Math.fround(peak / limit) || 1;
}

/** `poison` is the sum of every weight times zero: zero, unless one was NaN or infinite. */
export function refuseUnlessFinite(matrix: Matrix, poison: number): void {
  if (poison === 0) return;
  const position = matrix.values.findIndex((weight) => !Number.isFinite(weight));
  throw new ToolchainError(
    'WEIGHTS_INVALID',
    `${matrix.name} holds ${matrix.values[position]} at position ${position}: the checkpoint is damaged, or its training diverged.`,
    { details: { tensor: matrix.name, position } },
  );
}

/**
 * The matrix, each of its rows multiplied by `scaling`, as `quantiseColumns` would round it: `[rows, columns]` of multiples of the step
 * of their column.
 */
export function roundedColumns(
  matrix: Matrix,
  scaling: Float32Array | undefined,
  limit: Limit,
): Float32Array {
  const { values, scales } = quantiseColumns(scaledRows(matrix, scaling), limit);
  const { rows, columns } = matrix;
  const rounded = new Float32Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++)
      rounded[at] = (values[at] ?? 0) * (scales[column] ?? 0);
  }
  return rounded;
}

/** Multiplies each row by its factor. */
export function scaledRows(matrix: Matrix, scaling: Float32Array | undefined): Matrix {
  if (scaling === undefined) return matrix;
  const { rows, columns, values: source } = matrix;
  const values = new Float32Array(source.length);
  for (let row = 0, at = 0; row < rows; row++) {
    const factor = scaling[row] ?? 1;
    for (let column = 0; column < columns; column++, at++) values[at] = (source[at] ?? 0) * factor;
  }
  return { ...matrix, values };
}
