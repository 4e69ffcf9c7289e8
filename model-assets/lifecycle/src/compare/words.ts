/** What a comparison found, in sentences that the terminal and a pull request have in common. */
import { countKind, KINDS } from './answers/answer.ts';
import type { AnswerComparison, Flip } from './answers/compare.ts';
import type { Bin } from './answers/histogram.ts';
import type { ModelDiff } from './diff.ts';
import type { LatencyComparison } from './run/latency.ts';

/** `3 of 200 labels flip (1.5 %), 1 of them clearly` */
export function describeFlips({ kind, decisions: { total, changed, clear } }: AnswerComparison): string {
  if (changed === 0) return `None of ${countKind(kind, total)} flips`;
  const share = ((100 * changed) / total).toPrecision(2);
  const clearly =
    changed === 1 ? (clear === 1 ? ', and A was clear about it' : '') : `, ${clear} of them clear in A`;
  return `${changed} of ${total} ${KINDS[kind][1]} ${changed === 1 ? 'flips' : 'flip'} (${share} %)${clearly}`;
}

/** `token ids are the same in all 200 texts` */
export function describeTokens({ tokens }: AnswerComparison): string | undefined {
  if (!tokens) return undefined;
  const { compared, differences } = tokens;
  if (differences.length === 0) return `token ids are the same in all ${compared} texts`;
  return `token ids differ in ${differences.length} of ${compared} texts`;
}

/** `scores differ by 0.0031 on average, 0.084 at most` */
export function describeScores({ scores, cosine, chrF }: AnswerComparison): string | undefined {
  if (cosine)
    return `cosine of A to B is ${cosine.mean.toFixed(4)} on average, ${cosine.least.toFixed(4)} at worst (text ${cosine.leastText})`;
  if (chrF !== undefined) return `chrF of the texts of B against those of A is ${chrF.toFixed(1)}`;
  if (!scores) return undefined;
  if (scores.largest === 0) return 'scores are the same, bit for bit';
  return `scores differ by ${scores.mean.toPrecision(2)} on average, ${scores.largest.toPrecision(2)} at most`;
}

/** `0.51 ms beside 0.47 ms: B takes 0.92 of the time of A (0.90 to 0.95 in the middle half of 60 pairs)` */
export function describeLatency({ aMs, bMs, ratio, between: [low, high], pairs }: LatencyComparison): string {
  return `${aMs.toFixed(2)} ms in A, ${bMs.toFixed(2)} ms in B: B takes ${ratio.toFixed(2)} times as long (${low.toFixed(2)} to ${high.toFixed(2)} in the middle half of ${pairs} pairs)`;
}

/** The bins up to the last that has something in it. */
export function filledBins(bins: readonly Bin[] = []): readonly Bin[] {
  return bins.slice(0, bins.findLastIndex(({ count }) => count > 0) + 1);
}

/** `A is sentiment@1.0.0 int8 (7f3a91c2), B is sentiment@1.0.1 int8 (0b4d11e8); 200 texts.`, with the beginnings of the sums of model.json */
export function describeSides(
  { a, b, answers }: ModelDiff,
  show: (name: string) => string = (name) => name,
): string {
  const [one, other] = [a, b].map(
    ({ name, checksum, recorded }) =>
      `${show(name)} (${checksum.slice(0, 8)}${recorded ? ', recorded' : ''})`,
  );
  return `A is ${one}, B is ${other}; ${answers.texts} texts.`;
}

/** `0.0001 to 0.001` */
export function describeBin(bins: readonly Bin[], index: number): string {
  const [below, own] = [bins[index - 1]?.upTo, bins[index]?.upTo];
  if (own === undefined) return `above ${below}`;
  return below === undefined ? 'none at all' : below === 0 ? `up to ${own}` : `${below} to ${own}`;
}

/** `positive 0.93`, or `nothing` */
export function describeSideOf(own: Flip['a']): string {
  if (!own) return 'nothing';
  return own.score === undefined ? own.choice : `${own.choice} ${own.score.toFixed(3)}`;
}

/** Facts that say why the same package answers otherwise elsewhere; none where the machines are alike. */
export function describeMachines({ a, b }: ModelDiff): readonly string[] {
  const names = Object.keys(a.machine) as (keyof typeof a.machine)[];
  return names
    .filter((name) => a.machine[name] !== b.machine[name])
    .map((name) => `${name}: ${a.machine[name]} in A, ${b.machine[name]} in B`);
}
