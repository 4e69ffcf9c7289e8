import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, sigmoid, softmax } from '../../../layers/engine/src/math/activations.ts';
import { Heap } from '../../../layers/engine/src/math/heap.ts';
import { toCodePoints, toUtf16 } from '../../../layers/engine/src/math/offsets.ts';
import { cosine, normalize, pool } from '../../../layers/engine/src/math/pooling.ts';
import { topIndices } from '../../../layers/engine/src/math/top-indices.ts';

const logits = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 });

describe('softmax', () => {
  it('sums to 1 and keeps the order, for logits of any size', () => {
    fc.assert(
      fc.property(logits, (values) => {
        const scores = softmax(values);
        expect(scores.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
        expect(scores[argmax(values)]).toBe(Math.max(...scores));
      }),
    );
  });

  it('gives the odds e^2 : e^1 : e^0', () => {
    const [a = 0, b = 0, c = 0] = softmax([2, 1, 0]);
    expect(a / b).toBeCloseTo(Math.E, 12);
    expect(b / c).toBeCloseTo(Math.E, 12);
  });
});

describe('sigmoid', () => {
  it('is 1/2 at 0 and does not overflow', () => {
    expect([...sigmoid([0, 1000, -1000])]).toEqual([0.5, 1, 0]);
  });
});

describe('argmax', () => {
  it('gives the place of the first of equal largest values, negative ones and infinities too', () => {
    expect(argmax([1, 3, 3, 2])).toBe(1);
    expect(argmax([-5, -2, -9])).toBe(1);
    expect(argmax([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBe(0);
  });

  it('gives -1 for an empty array', () => {
    expect(argmax([])).toBe(-1);
  });
});

describe('a heap', () => {
  const scores = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 40 });
  const drain = (heap: Heap<{ score: number }>): number[] => {
    const taken: number[] = [];
    for (let item = heap.pop(); item !== undefined; item = heap.pop()) taken.push(item.score);
    return taken;
  };
  const descending = (values: readonly number[]) => [...values].sort((a, b) => b - a);

  it('gives each item that it was filled with once, the highest score first', () => {
    fc.assert(
      fc.property(scores, (values) => {
        expect(drain(new Heap(values.map((score) => ({ score }))))).toEqual(descending(values));
      }),
    );
  });

  it('gives items that were pushed in between in their turn', () => {
    fc.assert(
      fc.property(scores, scores, fc.nat({ max: 40 }), (first, then, taken) => {
        const heap = new Heap(first.map((score) => ({ score })));
        const early = Array.from({ length: Math.min(taken, first.length) }, () => heap.pop()?.score);
        for (const score of then) heap.push({ score });
        expect(early).toEqual(descending(first).slice(0, early.length));
        expect(drain(heap)).toEqual(descending([...descending(first).slice(early.length), ...then]));
      }),
    );
  });

  it('leaves the array that it was filled with alone', () => {
    const items = [{ score: 1 }, { score: 2 }];
    new Heap(items).pop();
    expect(items).toEqual([{ score: 1 }, { score: 2 }]);
  });
});

describe('cosine', () => {
  it('is the cosine of the angle, whatever the lengths are', () => {
    expect(cosine(Float64Array.of(1, 0), Float64Array.of(2, 2))).toBeCloseTo(Math.SQRT1_2, 12);
    expect(cosine(Float64Array.of(3, 4), Float64Array.of(-6, -8))).toBe(-1);
    expect(cosine(Float64Array.of(3, 4), Float64Array.of(4, -3))).toBe(0);
  });

  it('is 0 where a vector has no direction, and never beyond 1 by rounding', () => {
    expect(cosine(Float64Array.of(0, 0), Float64Array.of(1, 2))).toBe(0);
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1, noNaN: true }), (value) => {
        const vector = Float64Array.of(value, value / 3, value / 7);
        const opposite = vector.map((component) => -component);
        expect(cosine(vector, vector)).toBeLessThanOrEqual(1);
        expect(cosine(vector, vector)).toBeCloseTo(1, 12);
        expect(cosine(vector, opposite)).toBeGreaterThanOrEqual(-1);
        expect(cosine(vector, opposite)).toBeCloseTo(-1, 12);
      }),
    );
  });
});

describe('pool', () => {
  const states = [1, 2, 3, 40, 5, 6];

  it.each([
    ['cls', [1, 2]],
    ['mean', [3, 16]],
    ['max', [5, 40]],
    ['last-token', [5, 6]],
  ] as const)('takes %s over the tokens', (pooling, expected) => {
    expect([...pool(states, 3, pooling)]).toEqual(expected);
  });

  it('takes the largest of negative values too', () => {
    expect([...pool([-3, -1, -2, -5], 2, 'max')]).toEqual([-2, -1]);
  });
});

describe('topIndices', () => {
  it('gives the places of the largest values, the earlier of equal ones first', () => {
    const values = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 400 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 200 }), (list, count) => {
        const sorted = [...list.entries()].sort(([i, a], [j, b]) => b - a || i - j).map(([index]) => index);
        expect(topIndices(list, count)).toEqual(sorted.slice(0, count));
      }),
    );
  });

  it('gives as many places as were asked for, of a longer list, whether they are few or many', () => {
    const list = Array.from({ length: 600 }, (_, i) => (i * 37) % 101);
    const sorted = [...list.entries()].sort(([i, a], [j, b]) => b - a || i - j).map(([index]) => index);
    for (const count of [1, 127, 128, 129, 300])
      expect(topIndices(list, count)).toEqual(sorted.slice(0, count));
  });
});

describe('normalize', () => {
  it('scales to length 1 and leaves a zero vector alone', () => {
    expect([...normalize(Float64Array.of(3, 4))]).toEqual([0.6, 0.8]);
    expect([...normalize(Float64Array.of(0, 0))]).toEqual([0, 0]);
  });
});

describe('offset maps', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('a', '😀', '\ud800', '\udc00', 'e\u0301', '字'), fc.string()),
  });

  it('map every code point to where JavaScript finds it, and back', () => {
    fc.assert(
      fc.property(text, (value) => {
        const points = [...value];
        const utf16 = toUtf16(value);
        const codePoints = toCodePoints(value);
        for (let i = 0; i <= points.length; i++) {
          expect(utf16(i)).toBe(points.slice(0, i).join('').length);
          expect(codePoints(utf16(i))).toBe(i);
          if (points[i]?.length === 2) expect(codePoints(utf16(i) + 1)).toBe(i);
        }
      }),
    );
  });
});
