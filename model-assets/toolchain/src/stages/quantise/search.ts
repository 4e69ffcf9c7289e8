/**
 * Chooses, for activations and the products that read them, how far their channels are equalised and where their range is cut, by
 * the error of the products on calibration rows.
 */
import type { Activations } from '../../runtime/capture.ts';
import type { ProductRunner } from '../../runtime/product-error.ts';
import type { Value } from '../../runtime/runner.ts';
import { channelPeaks, rowPeaks, scalingOf } from './scaling.ts';
import { type Limit, type Matrix, roundedColumns } from './weights.ts';

/** The strength of equalisation; 0 leaves the channels as they are. */
const ALPHAS = [0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

/** Shares of the range that is seen; what lies beyond is cut off, so that the rest has finer steps. */
const SHARES = [0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 1] as const;

/** Rows that the candidates are compared on. */
const ROWS = 512;

/** Activations as unsigned 8-bit integers: `value = scale * (integer - zero)`. */
export interface Range {
  readonly scale: number;
  readonly zero: number;
}

export interface Choice extends Range {
  readonly alpha: number;
  /** [channels], what each channel is divided by; undefined where they are left as they are. */
  readonly scaling: Float32Array | undefined;
  /** Of each product: root of the squared differences over the squares of fp32. */
  readonly errors: readonly number[];
  /** Of each product: [outputs], the mean difference to fp32. */
  readonly means: readonly Float32Array[];
}

export interface SearchOptions {
  readonly limit: Limit;
  /** Whether the channels may be equalised. */
  readonly equalises: boolean;
}

/** `matrices` are the weights of the products that read the activations, [channels, outputs] each. */
export async function searchStatic(
  runner: ProductRunner,
  activations: Activations,
  matrices: readonly Matrix[],
  { limit, equalises }: SearchOptions,
): Promise<Choice> {
  const rows = sampleRows(activations, ROWS);
  const products: { expected: Value; squares: number }[] = [];
  for (const matrix of matrices) {
    const expected = await runner.multiply(rows, { dims: [matrix.rows, matrix.columns], data: matrix.values });
    products.push({ expected, squares: sumOfSquares(expected.data) });
  }
  const peaks = channelPeaks(activations);
  const weightPeaks = rowPeaks(matrices);
  let best: Choice | undefined;
  for (const alpha of equalises ? ALPHAS : [0]) {
    const scaling = alpha === 0 ? undefined : scalingOf(peaks, weightPeaks, alpha);
    const multiplier = inverseOf(scaling, activations.channels);
    const seen = seenRange(activations, multiplier);
    const weights = matrices.map((matrix) => ({
      dims: [matrix.rows, matrix.columns],
      data: roundedColumns(matrix, scaling, limit),
    }));
    for (const share of SHARES) {
      const range = cutRange(seen, share);
      const errors: number[] = [];
      const means: Float32Array[] = [];
      for (const [index, { expected, squares }] of products.entries()) {
        const rounded = weights[index];
        if (rounded === undefined) continue;
        const trial = { rows, multiplier, ...range, weights: rounded, expected };
        const { squared, mean } = await runner.measure(trial);
        errors.push(Math.sqrt(squared / (squares || 1)));
        means.push(mean);
      }
      if (best === undefined || sumOfSquares(errors) < sumOfSquares(best.errors))
        best = { alpha, scaling, ...range, errors, means };
    }
  }
  if (best === undefined) throw new RangeError('There is no candidate to choose from.');
  return best;
}

/** At most so many rows, evenly from all of them. */
export function sampleRows({ rows, channels }: Activations, most: number): Value {
  const count = rows.length / channels;
  if (count <= most) return { dims: [count, channels], data: rows };
  const sample = new Float32Array(most * channels);
  for (let index = 0; index < most; index++) {
    const from = Math.floor((index * count) / most) * channels;
    sample.set(rows.subarray(from, from + channels), index * channels);
  }
  return { dims: [most, channels], data: sample };
}

/** [channels], one over what each channel is divided by. */
export function inverseOf(scaling: Float32Array | undefined, channels: number): Float32Array {
  return scaling === undefined ? new Float32Array(channels).fill(1) : scaling.map((divisor) => 1 / divisor);
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The range of all channels together once they are multiplied; it has zero in it. */
function seenRange({ lowest, highest }: Activations, multiplier: Float32Array): Interval {
  let low = 0;
  let high = 0;
  for (const [channel, factor] of multiplier.entries()) {
    low = Math.min(low, (lowest[channel] ?? 0) * factor);
    high = Math.max(high, (highest[channel] ?? 0) * factor);
  }
  return { low, high };
}

/** The shorter side of the range is often one bound that all rows share, as GELU has one: less of it is cut. */
const SHORT_SIDE = 1.3;

function cutRange({ low, high }: Interval, share: number): Range {
  const bottom = low * Math.min(1, share * SHORT_SIDE);
  const step = Math.fround((high * share - bottom) / 255) || 1;
  return { scale: step, zero: Math.min(255, Math.max(0, Math.round(-bottom / step))) };
}

function sumOfSquares(values: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += Number(values[index] ?? 0) ** 2;
  return sum;
}
