/** Maps a value to a place in pixels. */
export type Scale = (value: number) => number;

export interface Axis {
  readonly scale: Scale;
  readonly ticks: readonly number[];
}

/** A linear axis from zero to a round number at or above `highest`, over `from`..`to` pixels. */
export function linearAxis(highest: number, from: number, to: number, wanted = 5): Axis {
  const step = roundStep(highest / wanted);
  const count = Math.max(1, Math.ceil(highest / step - 1e-9));
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  const top = count * step;
  return { scale: (value) => from + ((to - from) * value) / top, ticks };
}

/** A logarithmic axis over all of `values`, with the powers of two in between as its ticks. */
export function logAxis(values: readonly number[], from: number, to: number): Axis {
  const low = Math.log2(Math.min(...values));
  const high = Math.log2(Math.max(...values));
  const first = Math.ceil(low);
  const ticks = Array.from({ length: Math.floor(high) - first + 1 }, (_, index) => 2 ** (first + index));
  const span = high - low || 1;
  return { scale: (value) => from + ((to - from) * (Math.log2(value) - low)) / span, ticks };
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `step`. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= step - 1e-12) ?? 10;
  return factor * power;
}

/** `12500` as `12,500`. */
export const tickLabel = (value: number): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: 2 });
