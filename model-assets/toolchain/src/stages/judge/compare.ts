/** Counts the decisions of a variant that are not those of fp32, and measures how far its scores are off. */
import type { Decision } from './served.ts';
import { spansOfTags } from './tags.ts';

/**
 * A margin that fp32 decides clearly by, in scores: ten points of probability. A decision by less depends on what is beside the
 * matter, and turns with a processor or a version as well; those of random weights are hardly ever clear. See ADR-judge.md.
 */
export const CLEAR_MARGIN = 0.1;

/** Decisions of many requests, counted. */
export interface Tally {
  total: number;
  changed: number;
  /** Those of the changed ones that fp32 made by a clear margin. */
  clear: number;
}

/** Differences of scores from those of fp32. */
export interface ScoreTally {
  count: number;
  sum: number;
  largest: number;
}

/** Counts the decisions of one request, which are the same places in both lists. */
export function countDecisions(fp32: readonly Decision[], variant: readonly Decision[], tally: Tally): void {
  for (const [index, { choice, margin }] of fp32.entries()) {
    tally.total++;
    if (variant[index]?.choice === choice) continue;
    tally.changed++;
    if (margin >= CLEAR_MARGIN) tally.clear++;
  }
}

/**
 * Counts the spans that either of the two finds in a text; those that only one finds are changed. They are clear if fp32 was clear
 * about the tag of a token of theirs, or of one beside them, that is another now.
 */
export function countSpans(
  fp32: readonly Decision[],
  variant: readonly Decision[],
  labels: readonly string[],
  tally: Tally,
): void {
  const spansOf = (decisions: readonly Decision[]) =>
    spansOfTags(
      decisions.map(({ choice }) => `${choice}`),
      labels,
    );
  const key = ({ tag, first, last }: ReturnType<typeof spansOfTags>[number]) => `${tag} ${first} ${last}`;
  const [expected, given] = [spansOf(fp32), spansOf(variant)];
  const known = { fp32: new Set(expected.map(key)), variant: new Set(given.map(key)) };
  const isClear = (token: number): boolean =>
    (fp32[token]?.margin ?? 0) >= CLEAR_MARGIN && fp32[token]?.choice !== variant[token]?.choice;
  for (const span of [...expected, ...given.filter((span) => !known.fp32.has(key(span)))]) {
    tally.total++;
    if (known.fp32.has(key(span)) && known.variant.has(key(span))) continue;
    tally.changed++;
    const tokens = Array.from({ length: span.last - span.first + 3 }, (_, at) => span.first - 1 + at);
    if (tokens.some(isClear)) tally.clear++;
  }
}

/** Counts the pairs of scores that follow each other and are in another order. */
export function countOrders(fp32: readonly number[], variant: readonly number[], tally: Tally): void {
  for (let index = 1; index < fp32.length; index++) {
    const difference = (fp32[index] ?? 0) - (fp32[index - 1] ?? 0);
    const now = (variant[index] ?? 0) - (variant[index - 1] ?? 0);
    tally.total++;
    if (Math.sign(difference) === Math.sign(now)) continue;
    tally.changed++;
    if (Math.abs(difference) >= CLEAR_MARGIN) tally.clear++;
  }
}

/**
 * What differences of scores are measured in: in the score of fp32 itself where choices share one probability, so that 0.1 % instead of
 * 0.2 % counts among thousands of tokens as 40 % instead of 80 % does among two labels; in ones where each score stands for itself.
 */
export type ScoreUnit = 'own score' | 'one';

/** Adds the differences of the scores of one request. */
export function addScores(
  fp32: readonly Decision[],
  variant: readonly Decision[],
  unit: ScoreUnit,
  tally: ScoreTally,
): void {
  for (const [index, { scores }] of fp32.entries()) {
    for (const [column, score] of scores.entries()) {
      const off = Math.abs((variant[index]?.scores[column] ?? Number.NaN) - score);
      const difference = unit === 'one' ? off : off / Math.max(score, Number.MIN_VALUE);
      tally.count++;
      tally.sum += difference;
      if (!(difference <= tally.largest)) tally.largest = difference;
    }
  }
}
