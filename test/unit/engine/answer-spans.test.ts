import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../layers/engine/src/math/heap.ts';
import {
  type EdgeScores,
  spansByScore,
  type TokenSpan,
} from '../../../layers/engine/src/tasks/answer-spans.ts';

/** Whole numbers, so that sums are exact and equal scores frequent. */
const score = fc.integer({ min: -9, max: 9 });
const edges = fc
  .array(fc.tuple(score, score), { maxLength: 14 })
  .map((pairs): EdgeScores => ({ starts: pairs.map(([start]) => start), ends: pairs.map(([, end]) => end) }));
const windows = fc.array(edges, { maxLength: 4 });
const maxLength = fc.integer({ min: 1, max: 16 });

/** The definition: every start with every end that is not before it and not too far behind. */
function byBruteForce(all: readonly EdgeScores[], longest: number): TokenSpan[] {
  return all.flatMap(({ starts, ends }, window) =>
    Array.from(starts).flatMap((startScore, start) =>
      Array.from(ends)
        .map((endScore, end) => ({ window, start, end, score: startScore + endScore }))
        .filter(({ end }) => end >= start && end - start < longest),
    ),
  );
}

const name = ({ window, start, end, score: own }: TokenSpan) => `${window}:${start}-${end}=${own}`;

describe('spansByScore', () => {
  it('finds the span that looking at every pair of tokens finds', () => {
    fc.assert(
      fc.property(windows, maxLength, (all, longest) => {
        const [first] = spansByScore(all, longest);
        const scores = byBruteForce(all, longest).map((span) => span.score);
        expect(first?.score).toBe(scores.length > 0 ? Math.max(...scores) : undefined);
      }),
    );
  });

  it('gives every span once, with falling scores', () => {
    fc.assert(
      fc.property(windows, maxLength, (all, longest) => {
        const spans = [...spansByScore(all, longest)];
        expect(spans.map(name).sort()).toEqual(byBruteForce(all, longest).map(name).sort());
        const scores = spans.map((span) => span.score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      }),
    );
  });

  it('reads each score a few times for the best span, however long answers may be', () => {
    let reads = 0;
    const tokens = 20_000;
    const counted = (values: Float64Array): ArrayLike<number> =>
      new Proxy(values, {
        get(target, key) {
          if (key === 'length') return target.length;
          reads += 1;
          return Reflect.get(target, key);
        },
      });
    const falling = Float64Array.from({ length: tokens }, (_, i) => -i);
    const ends = Float64Array.from({ length: tokens }, (_, i) => (i * 7919) % 1000);
    for (const starts of [falling, falling.toReversed()]) {
      reads = 0;
      expect(spansByScore([{ starts: counted(starts), ends }], tokens / 2).next().done).toBe(false);
      expect(reads).toBeLessThan(6 * tokens);
    }
  });
});

describe('Heap', () => {
  it('gives what was filled in and pushed in the order of scores', () => {
    fc.assert(
      fc.property(fc.array(score), fc.array(score), (filled, pushed) => {
        const heap = new Heap(filled.map((own) => ({ score: own })));
        for (const own of pushed) heap.push({ score: own });
        const given: number[] = [];
        for (let top = heap.pop(); top; top = heap.pop()) given.push(top.score);
        expect(given).toEqual([...filled, ...pushed].sort((a, b) => b - a));
      }),
    );
  });
});
