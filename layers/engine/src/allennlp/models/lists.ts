/** Rows of a flat tensor `[rows, columns]` as lists: the first `rows`, and `width` values of each. */
export function toLists(data: Float32Array, columns: number, rows: number, width = columns): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(data.subarray(row * columns, row * columns + width)),
  );
}
