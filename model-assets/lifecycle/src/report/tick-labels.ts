/** Which labels of an axis are drawn. */
import { tickLabel } from './scales.ts';
import { textWidth } from './svg.ts';

export interface Tick {
  readonly value: number;
  /** Where the middle of its label is, in pixels. */
  readonly at: number;
}

/** The ticks, from left to right, without those whose labels would touch the one before. */
export function readable(ticks: readonly Tick[]): Tick[] {
  const kept: Tick[] = [];
  let free = Number.NEGATIVE_INFINITY;
  for (const tick of ticks) {
    const half = textWidth(tickLabel(tick.value)) / 2;
    if (tick.at - half < free) continue;
    kept.push(tick);
    free = tick.at + half + 6;
  }
  return kept;
}
