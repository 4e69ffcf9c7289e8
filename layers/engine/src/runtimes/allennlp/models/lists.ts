import { at } from '../../../math/activations.ts';

/** Rows of a flat tensor `[rows, columns]` as lists: the first `rows`, and `width` values of each. */
export function toLists(data: Float32Array, columns: number, rows: number, width = columns): number[][] {
  const lists: number[][] = [];
  // A copy of a list of fractions is made at once as a list of doubles, without an iterator.
  const blank = Array.from({ length: width }, () => 0.5);
  for (let start = 0; lists.length < rows; start += columns) {
    const list = blank.slice(0, Math.max(0, data.length - start));
    for (let index = 0; index < list.length; index++) list[index] = at(data, start + index);
    lists.push(list);
  }
  return lists;
}
