import { BenchError } from './errors.ts';

/** The value below which `share` (0 to 1) of the samples lie, interpolated linearly between neighbours. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) throw new BenchError('NO_SAMPLES', 'a quantile needs samples');
  return low + (high - low) * (position - Math.floor(position));
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** The place of the samples: the middle, and a band that shows how far they scatter. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** The meaning of `low` and `high`: the 10th and 90th percentile, or the extremes of fewer than ten samples. */
  readonly band: 'p10-p90' | 'min-max';
  readonly samples: number;
}

export function spread(samples: readonly number[]): Spread {
  const few = samples.length < 10;
  return {
    median: median(samples),
    low: quantile(samples, few ? 0 : 0.1),
    high: quantile(samples, few ? 1 : 0.9),
    band: few ? 'min-max' : 'p10-p90',
    samples: samples.length,
  };
}

/**
 * Ratio of `subject` to `reference`, formed within each pair of neighbouring runs, so that what slows the
 * machine down for a while slows both sides of a pair.
 */
export function pairedRatio(subject: readonly number[], reference: readonly number[]): Spread {
  return spread(pairs(subject, reference).map(([own, other]) => own / other));
}

/** Difference of `subject` and `reference` within each pair, in their unit. */
export function pairedDifference(subject: readonly number[], reference: readonly number[]): Spread {
  return spread(pairs(subject, reference).map(([own, other]) => own - other));
}

function pairs(subject: readonly number[], reference: readonly number[]): [number, number][] {
  if (subject.length !== reference.length) {
    throw new BenchError('UNPAIRED', `${subject.length} values do not pair with ${reference.length}`);
  }
  return subject.map((value, index) => [value, reference[index] ?? Number.NaN]);
}

/** Cosine of the angle between two vectors of one length, not both zero. Throws UNPAIRED for lengths that differ. */
export function cosine(left: readonly number[], right: readonly number[]): number {
  let product = 0;
  let leftSquares = 0;
  let rightSquares = 0;
  for (const [own, other] of pairs(left, right)) {
    product += own * other;
    leftSquares += own * own;
    rightSquares += other * other;
  }
  return product / Math.sqrt(leftSquares * rightSquares);
}
