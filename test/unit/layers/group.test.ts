import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupBySize } from '../../../layers/builders/src/models/group.ts';

const items = (...sizes: readonly number[]) => sizes.map((bytes, index) => ({ index, bytes }));
const sorted = (sizes: readonly number[]) => items(...sizes.toSorted((left, right) => right - left));

/** Bytes uploaded when each item changes once. */
function uploads(groups: readonly (readonly { bytes: number }[])[]): number {
  return groups.reduce(
    (sum, group) => sum + group.length * group.reduce((all, { bytes }) => all + bytes, 0),
    0,
  );
}

/** The fewest uploads of all ways to put the items into `count` groups, by trying each. */
function leastUploads(sizes: readonly number[], count: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let way = 0; way < count ** sizes.length; way++) {
    const groups = Array.from({ length: count }, () => [] as { bytes: number }[]);
    for (const [i, bytes] of sizes.entries()) groups[Math.floor(way / count ** i) % count]?.push({ bytes });
    least = Math.min(least, uploads(groups));
  }
  return least;
}

describe('grouping by size', () => {
  test('leaves large items alone and joins small ones', () => {
    const groups = groupBySize(items(90, 80, 5, 5, 4, 4), 4);
    expect(groups.map((group) => group.map(({ bytes }) => bytes))).toEqual([[90], [80], [5, 5], [4, 4]]);
  });

  test('uploads as little as the best of all groupings', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (sizes, count) => {
          expect(uploads(groupBySize(sorted(sizes), count))).toBe(leastUploads(sizes, count));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('loses nothing, has nothing twice, and makes no empty group and none too many', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (sizes, count) => {
          const all = sorted(sizes);
          const groups = groupBySize(all, count);
          expect(groups.flat().sort((left, right) => left.index - right.index)).toEqual(all);
          expect(groups.length).toBeLessThanOrEqual(count);
          expect(groups.every((group) => group.length > 0)).toBe(true);
        },
      ),
    );
  });
});
