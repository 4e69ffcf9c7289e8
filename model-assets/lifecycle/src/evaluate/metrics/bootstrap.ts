/** Intervals by drawing the rows of a dataset again and again: Efron and Tibshirani 1993, percentiles. */
import { Random } from '@pilotlight/engine/internal/runtimes/generation/search/random';
import { quantileOfSorted } from '../../compare/run/quantile.ts';

export interface BootstrapOptions {
  /** How often rows are drawn. @default 1,000 */
  readonly draws?: number;
  /** @default 0 */
  readonly seed?: number;
}

/** The interval of each figure that holds 95 of 100 draws. A figure that is not a number in a draw counts for nothing there. */
export type Intervals = ReadonlyMap<string, readonly [low: number, high: number]>;

/**
 * Draws as many rows as there are, with replacement, and measures them, so often. `measure` gets indices of rows, and gives the same names
 * each time. Two models are compared by measuring both on the same draw: their intervals are then paired.
 */
export function bootstrapIntervals(
  rows: number,
  measure: (drawn: Uint32Array) => ReadonlyMap<string, number>,
  { draws = 1_000, seed = 0 }: BootstrapOptions = {},
): Intervals {
  if (rows < 2) return new Map();
  const random = new Random(seed);
  const values = new Map<string, number[]>();
  const drawn = new Uint32Array(rows);
  for (let draw = 0; draw < draws; draw++) {
    for (let place = 0; place < rows; place++) drawn[place] = Math.floor(random.next() * rows);
    for (const [name, value] of measure(drawn)) {
      if (!Number.isFinite(value)) continue;
      const list = values.get(name) ?? [];
      list.push(value);
      values.set(name, list);
    }
  }
  const intervals = new Map<string, readonly [number, number]>();
  for (const [name, list] of values) {
    list.sort((left, right) => left - right);
    intervals.set(name, [quantileOfSorted(list, 0.025), quantileOfSorted(list, 0.975)]);
  }
  return intervals;
}
