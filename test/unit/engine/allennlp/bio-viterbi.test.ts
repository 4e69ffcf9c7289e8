import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BioViterbi } from '../../../../layers/engine/src/runtimes/allennlp/decoding/bio-viterbi.ts';

const LABELS = ['O', 'B-V', 'I-V', 'B-A', 'I-A'];
/** Half a unit in the last place of float32 at 100000. */
const ROUNDING = 0.0079;

const isWellFormed = (labels: readonly string[]) =>
  labels.every((label, i) => {
    const before = labels[i - 1];
    return !label.startsWith('I') || before === label || before === `B${label.slice(1)}`;
  });

function bestSum(probabilities: readonly number[], tokens: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let code = 0; code < LABELS.length ** tokens; code++) {
    const path = Array.from(
      { length: tokens },
      (_, i) => Math.floor(code / LABELS.length ** i) % LABELS.length,
    );
    if (!isWellFormed(path.map((label) => LABELS[label] ?? ''))) continue;
    best = Math.max(best, sum(probabilities, path));
  }
  return best;
}

const sum = (probabilities: readonly number[], path: readonly number[]) =>
  path.reduce((total, label, i) => total + (probabilities[i * LABELS.length + label] ?? 0), 0);

describe('BioViterbi', () => {
  it('finds a well-formed sequence, the best but for what float32 rounds', () => {
    const decoder = new BioViterbi(LABELS);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }).chain((tokens) =>
          fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
            minLength: tokens * LABELS.length,
            maxLength: tokens * LABELS.length,
          }),
        ),
        (probabilities) => {
          const tokens = probabilities.length / LABELS.length;
          const path = decoder.decode(new Float32Array(probabilities), 0, tokens);
          expect(path).toHaveLength(tokens);
          expect(isWellFormed(path.map((label) => LABELS[label] ?? ''))).toBe(true);
          expect(sum(probabilities, path)).toBeGreaterThan(
            bestSum(probabilities, tokens) - ROUNDING * tokens,
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});
