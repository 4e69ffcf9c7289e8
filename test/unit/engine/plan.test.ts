import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planBatches } from '../../../layers/engine/src/batching/plan.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 512 }), { maxLength: 200 });
const budget = fc.integer({ min: 1, max: 4096 });

describe('planBatches', () => {
  it('puts every sequence into exactly one batch', () => {
    fc.assert(
      fc.property(lengths, budget, (sequences, tokenBudget) => {
        const planned = planBatches(sequences, tokenBudget).flat();
        expect(planned.toSorted((a, b) => a - b)).toEqual(sequences.map((_, i) => i));
      }),
    );
  });

  it('keeps the padded tokens of a batch within the budget, unless one sequence alone is over it', () => {
    fc.assert(
      fc.property(lengths, budget, (sequences, tokenBudget) => {
        for (const batch of planBatches(sequences, tokenBudget)) {
          const padded = batch.length * Math.max(...batch.map((i) => sequences[i] ?? 0));
          expect(batch.length === 1 || padded <= tokenBudget).toBe(true);
        }
      }),
    );
  });

  it('opens a new batch only where the next sequence did not fit into the last', () => {
    fc.assert(
      fc.property(lengths, budget, (sequences, tokenBudget) => {
        const batches = planBatches(sequences, tokenBudget);
        for (const batch of batches.slice(0, -1)) {
          const longest = Math.max(...batch.map((i) => sequences[i] ?? 0));
          expect(longest * (batch.length + 1)).toBeGreaterThan(tokenBudget);
        }
      }),
    );
  });

  it('puts the longest first and keeps the given order among equals', () => {
    expect(planBatches([3, 9, 3, 9, 1], 18)).toEqual([
      [1, 3],
      [0, 2, 4],
    ]);
  });
});
