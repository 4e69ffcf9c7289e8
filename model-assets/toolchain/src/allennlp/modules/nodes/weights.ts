/** Putting the values of tensors in another order. */

/** Puts equal blocks of rows in another order: the block at each place is the one of that number. */
export function reorder(values: Float32Array, order: readonly number[], blocks = order.length): Float32Array {
  const block = values.length / blocks;
  return join(order.map((number) => values.subarray(number * block, (number + 1) * block)));
}

/** The values of several arrays, one after another. */
export function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** `[rows, columns]` to `[columns, rows]`. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const transposed = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return transposed;
}
