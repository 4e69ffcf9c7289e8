import { describe, expect, it } from 'vitest';
import { topOfRows } from '../../../layers/engine/src/predict/goldens/top-of-rows.ts';

const { NEGATIVE_INFINITY } = Number;

describe('the largest value of a row', () => {
  it.each([
    ['first, before the second', [3, 2, 1], [0, 1]],
    ['first, before one in between', [3, 1, 2], [0, 1]],
    ['in the middle', [1, 4, 2], [1, 2]],
    ['last', [0.5, -1, 2], [2, 1.5]],
    ['below 0', [-3, -1, -8], [1, 2]],
    ['as large as another, after which it does not come', [1, 5, 5], [1, 0]],
    ['the only one', [7], [0, 0]],
    ['the only one that is finite', [NEGATIVE_INFINITY, 7], [1, 0]],
  ])('is told by its place and its margin to the second where it is %s', (_title, row, top) => {
    expect(topOfRows(Float32Array.from(row), row.length)).toEqual([top]);
  });

  it('is looked for in each row by itself', () => {
    expect(topOfRows(Float32Array.of(0.25, -1.5, 3, 4, 2, 1.5), 3)).toEqual([
      [2, 2.75],
      [0, 2],
    ]);
    expect(topOfRows(Float32Array.of(1, 2, 3), 1)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it('has a margin of four digits', () => {
    expect(topOfRows(Float32Array.of(1.23456, 0), 2)).toEqual([[0, 1.235]]);
  });

  it('is none where there are no rows', () => {
    expect(topOfRows(new Float32Array(0), 3)).toEqual([]);
  });
});
