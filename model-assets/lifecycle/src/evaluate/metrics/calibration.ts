/** Whether a model is right as often as it says. */
import type { ConfidenceBin } from '../../report/reliability-diagram.ts';

export interface Sureness {
  /** The score of the answer, 0 to 1. @default - nothing is known of it, and it counts for nothing */
  readonly confidence?: number | undefined;
  readonly isRight: boolean;
}

const BINS = 15;

/** Answers in fifteen intervals of confidence of the same width, each with its upper edge, as Guo et al. 2017 have them. */
export function confidenceBins(answers: readonly Sureness[]): ConfidenceBin[] {
  const counts = new Float64Array(BINS);
  const sums = new Float64Array(BINS);
  const right = new Float64Array(BINS);
  for (const { confidence, isRight } of answers) {
    if (confidence === undefined) continue;
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    counts[bin] = (counts[bin] ?? 0) + 1;
    sums[bin] = (sums[bin] ?? 0) + confidence;
    if (isRight) right[bin] = (right[bin] ?? 0) + 1;
  }
  return Array.from(counts, (count, bin) => ({
    from: bin / BINS,
    to: (bin + 1) / BINS,
    count,
    confidence: count === 0 ? 0 : (sums[bin] ?? 0) / count,
    accuracy: count === 0 ? 0 : (right[bin] ?? 0) / count,
  }));
}

/**
 * Expected calibration error, 0 to 1: how far confidence and share of right answers lie apart, on average over the answers. Guo et al.
 * 2017, "On Calibration of Modern Neural Networks", equation 3.
 */
export function expectedCalibrationError(bins: readonly ConfidenceBin[]): number {
  const all = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce(
    (sum, { count, confidence, accuracy }) => sum + (count / all) * Math.abs(confidence - accuracy),
    0,
  );
}
