import { describe, expect, it } from 'vitest';
import { sample } from '../../../bench/quality/data.ts';
import { cosines, countChanged, nearest, nearestLabels, toUnit } from '../../../bench/quality/judge.ts';
import { Random } from '../../../fixtures/random.ts';

const ROWS = toUnit([
  [1, 0],
  [0.9, 0.1],
  [0, 2],
  [0.2, 1],
]);

describe('the judge of embeddings', () => {
  it('finds the nearest other text, never the text itself', () => {
    expect(nearest(ROWS, ROWS, true)).toEqual([1, 0, 3, 2]);
    expect(nearest(ROWS, ROWS)).toEqual([0, 1, 2, 3]);
  });

  it('gives a text the label of its nearest neighbour', () => {
    const queries = toUnit([
      [5, 1],
      [1, 5],
    ]);
    expect(nearestLabels(queries, ROWS, ['a', 'a', 'b', 'c'])).toEqual(['a', 'c']);
  });

  it('compares row by row, whatever the lengths were', () => {
    const other = toUnit([
      [0, 3],
      [9, 1],
      [0, 1],
      [1, 0.2],
    ]);
    const [first, second, third] = cosines(other, ROWS);
    expect([first, third]).toEqual([0, 1]);
    expect(second).toBeCloseTo(1, 12);
  });

  it('counts what has changed', () => {
    expect(countChanged(['a', 'b', 'c'], ['a', 'c', 'b'])).toBe(2);
  });
});

describe('a sample of rows', () => {
  const items = Array.from({ length: 50 }, (_, index) => index);

  it('takes each at most once, the same for a seed', () => {
    const taken = sample(items, 20, new Random(3));
    expect(new Set(taken).size).toBe(20);
    expect(sample(items, 20, new Random(3))).toEqual(taken);
    expect(sample(items, 20, new Random(4))).not.toEqual(taken);
  });

  it('is everything where there is less', () => {
    expect(sample(items, 99, new Random(1)).toSorted((a, b) => a - b)).toEqual(items);
  });
});
