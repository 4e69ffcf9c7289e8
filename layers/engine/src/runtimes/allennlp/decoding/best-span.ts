/** The best span of a text by the scores of where it begins and where it ends. */

/** A span of tokens, both ends inclusive. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The span with the greatest sum of its two logits, as `get_best_span` of AllenNLP finds it: `end` is not before `start`, sums
 * are float32, and of equal ones the first in order of `start`, then of `end`, is taken. Both logits are `[tokens]`, of the tokens
 * of the text alone: padding is not looked at. Takes one pass where AllenNLP makes a matrix.
 */
export function bestSpan(startLogits: ArrayLike<number>, endLogits: ArrayLike<number>): TokenSpan {
  const tokens = startLogits.length;
  let best = { start: 0, score: Number.NEGATIVE_INFINITY };
  let bestEnd = Number.NEGATIVE_INFINITY;
  for (let start = tokens - 1; start >= 0; start--) {
    bestEnd = Math.max(bestEnd, endLogits[start] ?? 0);
    const score = Math.fround((startLogits[start] ?? 0) + bestEnd);
    if (score >= best.score) best = { start, score };
  }
  const from = startLogits[best.start] ?? 0;
  for (let end = best.start; end < tokens; end++) {
    if (Math.fround(from + (endLogits[end] ?? 0)) === best.score) return { start: best.start, end };
  }
  return { start: best.start, end: best.start };
}

/**
 * The span that `dialog_qa` takes: from the best start so far to an end that makes the sum greater than any before. A span that is
 * more than `maxLength` tokens longer than one is left out, but its start stays the best one, as in AllenNLP.
 */
export function bestSpanGreedily(
  startLogits: ArrayLike<number>,
  endLogits: ArrayLike<number>,
  maxLength: number,
): TokenSpan {
  let best = { start: 0, end: 0 };
  let bestScore = LOWEST;
  let start = 0;
  for (let end = 0; end < startLogits.length; end++) {
    if ((startLogits[end] ?? 0) > (startLogits[start] ?? 0)) start = end;
    const score = Math.fround((startLogits[start] ?? 0) + (endLogits[end] ?? 0));
    if (score <= bestScore || end - start > maxLength) continue;
    best = { start, end };
    bestScore = score;
  }
  return best;
}

/** The lowest float32, which AllenNLP has in place of scores that are masked. */
export const LOWEST = -3.4028234663852886e38;
