/** `[rows, columns]` to `[columns, rows]`, in square tiles that stay in the first-level cache. */
export function transpose<Values extends Int8Array | Float32Array>(
  source: Values,
  rows: number,
  columns: number,
): Values {
  const tile = 64;
  const turned = source.slice() as Values;
  for (let top = 0; top < rows; top += tile) {
    for (let left = 0; left < columns; left += tile) {
      const bottom = Math.min(top + tile, rows);
      const right = Math.min(left + tile, columns);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          turned[column * rows + row] = source[row * columns + column] ?? 0;
        }
      }
    }
  }
  return turned;
}
