/**
 * Batching by token budget: sorted by length, filled up to a budget of padded tokens. A batch pads every
 * sequence to its longest, so sequences of like length share a batch and padding stays small.
 */

/** Indices into the list that was planned, in the order in which they stand in the batch. */
export type Batch = readonly number[];

/**
 * Splits sequences of the given lengths into batches of at most `tokenBudget` padded tokens (batch size x
 * longest length). A sequence longer than the budget is a batch of its own. Longest first, so that what the
 * largest batch needs is allocated once.
 */
export function planBatches(lengths: readonly number[], tokenBudget: number): Batch[] {
  const length = (index: number): number => lengths[index] ?? 0;
  const order = lengths.map((_, index) => index).sort((a, b) => length(b) - length(a) || a - b);
  const batches: number[][] = [];
  let current: number[] = [];
  let longest = 0;
  for (const index of order) {
    if (current.length > 0 && longest * (current.length + 1) > tokenBudget) {
      batches.push(current);
      current = [];
    }
    if (current.length === 0) longest = length(index);
    current.push(index);
  }
  if (current.length > 0) batches.push(current);
  return batches;
}
