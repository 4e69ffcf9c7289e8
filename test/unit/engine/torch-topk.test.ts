import { torchArgTop, torchTopK } from '@pilotlight/engine/internal/math/torch-topk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const argTop = (values: readonly number[]): number =>
  torchArgTop(new Float32Array(values), values.length, new Int32Array(values.length));

describe('the greatest values', () => {
  it('are those of a sorted list where no two are equal', () => {
    const values = fc.uniqueArray(
      fc.double({ noNaN: true }).filter((value) => value !== 0),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(values, fc.nat(220), (all, k) => {
        const sorted = [...all.entries()].sort((a, b) => b[1] - a[1]).slice(0, k);
        expect(torchTopK(all, k)).toEqual(sorted.map(([index]) => index).sort((a, b) => a - b));
      }),
    );
  });

  const repeated = (length: number, of: number): number[] => Array.from({ length }, (_, index) => index % of);

  /** Out of torch 1.13.1 on a CPU. */
  it.each([
    {
      of: 'few, by nth_element',
      values: repeated(40, 5),
      k: 10,
      places: [4, 9, 14, 19, 24, 28, 29, 33, 34, 39],
    },
    { of: 'many, by a heap', values: repeated(256, 3), k: 4, places: [2, 5, 8, 11] },
    {
      of: 'many that begin with smaller ones',
      values: [0, 0, 0, ...repeated(189, 1).map(() => 1)],
      k: 3,
      places: [3, 4, 5],
    },
    { of: 'many between two greater ones', values: [2, ...repeated(200, 2), 2], k: 3, places: [0, 4, 201] },
  ])('are of equal ones those that torch takes: of $of', ({ values, k, places }) => {
    expect(torchTopK(values, k)).toEqual(places);
  });
});

describe('the greatest value', () => {
  it('is a greatest one, however many there are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 80 }), (values) => {
        expect(values[argTop(values)]).toBe(Math.max(...values));
      }),
    );
  });

  /** Places by `std::nth_element` of libstdc++ with the first element as the one that is sought. */
  it.each([
    [[1, 1, 1], 0],
    [[0, 0, 0, 0, 0, 0, 0], 5],
    [[1, 1, 0, 1, 0, 0, 0, 0], 1],
    [[0, 4, 0, 3, 3, 0, 4, 4, 1, 1, 4], 7],
  ])('of %j is the one that libstdc++ moves to the front', (values, place) => {
    expect(argTop(values)).toBe(place);
  });

  it('of many is the first, as a partial sort takes it', () => {
    expect(argTop(new Array<number>(64).fill(1))).toBe(0);
  });
});
