import { at } from '../../math/activations.ts';

/** Rows of a flat tensor `[rows, columns]` as lists: the first `rows`, and `width` values of each. */
export function toLists(data: Float32Array, columns: number, rows: number, width = columns): number[][] {
  const lists: number[][] = [];
  for (let start = 0; lists.length < rows; start += columns) {
    const list = Array<number>(Math.max(0, Math.min(width, data.length - start)));
    // Without an iterator, which takes five times as long.
    for (let index = 0; index < list.length; index++) list[index] = at(data, start + index);
    lists.push(list);
  }
  return lists;
}
