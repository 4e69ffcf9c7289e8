import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../../../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';
import { settleTie } from '../../../../../layers/engine/src/runtimes/allennlp/goldens/tied-spans.ts';

const answer = (span: readonly [number, number], starts: readonly number[]) => ({
  best_span: span,
  best_span_str: `words ${span}`,
  span_start_logits: starts,
  span_end_logits: [0.1, 0.1, 0.1],
});
/** AllenNLP takes the third word for a last bit. */
const reference = answer([2, 2], [0.5, 0.1, 0.5000001192092896]);

describe('two spans that are equally good', () => {
  it('are the same answer to a comparison', () => {
    const other = answer([0, 0], [0.5000001192092896, 0.1, 0.5]);
    expect(settleTie(reference, other)).toEqual({ ...other, best_span: [2, 2], best_span_str: 'words 2,2' });
    expect(compareAnswers(reference, other).problem).toBeUndefined();
    expect(compareAnswers(reference, other).largest).toBeLessThan(1e-6);
  });

  it('are two answers where one is better', () => {
    const worse = answer([1, 1], [0.5, 0.1, 0.5]);
    expect(settleTie(reference, worse)).toBe(worse);
    expect(compareAnswers(reference, worse).problem).toContain('best_span');
  });

  it('are left alone where the span counts other tokens than the scores', () => {
    const shifted = answer([1, 1], [0.5, 0.1, 0.6]);
    const other = answer([0, 0], [0.5, 0.1, 0.6]);
    expect(settleTie(shifted, other)).toBe(other);
    expect(settleTie({ tags: ['O'] }, other)).toBe(other);
  });
});
