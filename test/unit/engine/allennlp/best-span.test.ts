import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bestSpan,
  bestSpanGreedily,
} from '../../../../layers/engine/src/runtimes/allennlp/decoding/best-span.ts';

/** The first maximum of the matrix of sums, row by row, as AllenNLP has it. */
function searchMatrix(starts: Float32Array, ends: Float32Array) {
  let best = { start: 0, end: 0 };
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const [start, from] of starts.entries()) {
    for (let end = start; end < ends.length; end++) {
      const score = Math.fround(from + (ends[end] ?? 0));
      if (score <= bestScore) continue;
      best = { start, end };
      bestScore = score;
    }
  }
  return best;
}

describe('the best span', () => {
  it('is that of the whole matrix of sums, the first of equal ones included', () => {
    // Few different values make many equal sums.
    const logit = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ min: -50, max: 50, noNaN: true }));
    const logits = fc.array(fc.tuple(logit, logit), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(logits, (pairs) => {
        const starts = Float32Array.from(pairs, ([start]) => start);
        const ends = Float32Array.from(pairs, ([, end]) => end);
        expect(bestSpan(starts, ends)).toEqual(searchMatrix(starts, ends));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes sums that are equal only in float32 for equal', () => {
    const starts = Float32Array.of(1e8, 0);
    expect(bestSpan(starts, Float32Array.of(0, 1))).toEqual({ start: 0, end: 0 });
  });

  it('never ends before it begins', () => {
    expect(bestSpan([0, 9], [9, 0])).toEqual({ start: 0, end: 0 });
    expect(bestSpan([0, 10], [9, 0])).toEqual({ start: 1, end: 1 });
  });
});

describe('the span of a dialogue', () => {
  it('goes from the best start so far to the end with the greatest sum', () => {
    expect(bestSpanGreedily([1, 3, 2], [0, 1, 5], 30)).toEqual({ start: 1, end: 2 });
    expect(bestSpanGreedily([5, 0, 0], [0, 0, 1], 30)).toEqual({ start: 0, end: 2 });
  });

  it('leaves out what is too long, and keeps the start that made it so', () => {
    expect(bestSpanGreedily([5, 0, 0, 0], [0, 1, 0, 9], 2)).toEqual({ start: 0, end: 1 });
    expect(bestSpanGreedily([5, 0, 4, 0], [0, 1, 0, 9], 2)).toEqual({ start: 0, end: 1 });
  });

  it('is the first token where every score is masked', () => {
    const masked = new Float32Array(3).fill(-3.4028234663852886e38);
    expect(bestSpanGreedily(masked, masked, 30)).toEqual({ start: 0, end: 0 });
  });
});
