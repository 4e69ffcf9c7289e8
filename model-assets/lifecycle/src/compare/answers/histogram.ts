/** Counts differences of scores by size: the bins grow by powers of ten, because most differences are next to nothing. */

export interface Bin {
  /** Differences up to this, and above the one of the bin before; nothing for the last, which has all that are larger. */
  readonly upTo?: number;
  readonly count: number;
}

/** Up to 0.1, a difference seldom turns a decision that was clear. */
const EDGES = [0, 1e-6, 1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.25];

export function countBins(values: readonly number[]): readonly Bin[] {
  const counts = new Array<number>(EDGES.length + 1).fill(0);
  for (const value of values) {
    const bin = EDGES.findIndex((edge) => value <= edge);
    const place = bin < 0 ? EDGES.length : bin;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts.map((count, index) => ({ ...(index < EDGES.length && { upTo: EDGES[index] ?? 0 }), count }));
}
