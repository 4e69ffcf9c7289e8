/** Ranges of activations that are quantised with one scale and zero point. */
import type { Activations } from '../../runtime/capture.ts';

/** Activations as unsigned 8-bit integers: `value = scale * (integer - zero)`. */
export interface Range {
  readonly scale: number;
  readonly zero: number;
}

interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The range of all channels together once they are multiplied; it has zero in it. */
export function seenRange(
  { lowest, highest }: Pick<Activations, 'lowest' | 'highest'>,
  multiplier: Float32Array,
): Interval {
  let low = 0;
  let high = 0;
  for (const [channel, factor] of multiplier.entries()) {
    low = Math.min(low, (lowest[channel] ?? 0) * factor);
    high = Math.max(high, (highest[channel] ?? 0) * factor);
  }
  return { low, high };
}

/** Less is cut of the shorter side, which is often a bound that all rows share, as GELU has one. */
const SHORT_SIDE = 1.3;

/** The range that `share` leaves of the one that is seen. */
export function cutRange({ low, high }: Interval, share: number): Range {
  const gentle = Math.min(1, share * SHORT_SIDE);
  const [bottom, top] = -low < high ? [low * gentle, high * share] : [low * share, high * gentle];
  const scale = Math.fround((top - bottom) / 255) || 1;
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-bottom / scale))) };
}
