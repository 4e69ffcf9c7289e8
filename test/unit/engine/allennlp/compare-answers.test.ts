import { describe, expect, it } from 'vitest';
import { compareAnswers } from '../../../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';

describe('two answers of a predictor', () => {
  it('differ by the largest difference of a number, absolute or in shares, whichever is smaller', () => {
    const expected = { logits: [1, 200], probs: [0.5], tags: ['O'] };
    const { largest, at, problem } = compareAnswers(expected, {
      logits: [1.0625, 201],
      probs: [0.5],
      tags: ['O'],
    });
    expect({ largest, at, problem }).toEqual({ largest: 0.0625, at: '.logits[0]', problem: undefined });
  });

  it.each([
    [{ tags: ['O'] }, { tags: ['B'] }, '.tags[0] is "B" instead of "O"'],
    [{ tags: ['O'] }, { tags: [] }, '.tags has 0 entries instead of 1'],
    [{ tags: ['O'] }, {}, '.tags is missing'],
    [{}, { tags: ['O'] }, '.tags should not be there'],
    [{ n: 1 }, { n: Number.NaN }, '.n is NaN instead of 1'],
    [{ n: 1 }, { n: '1' }, '.n is "1" instead of 1'],
  ])('%j and %j are not comparable, and the place is named', (expected, actual, problem) => {
    expect(compareAnswers(expected, actual).problem).toBe(problem);
  });

  it('are equal where both mask a value, and where AllenNLP adds a loss', () => {
    expect(compareAnswers({ x: [-3.4028234663852886e38], loss: 1 }, { x: [-1e32] })).toEqual({
      largest: 0,
      at: '',
    });
  });

  it('are equal where AllenNLP counts questions, but not where an id is part of what is answered', () => {
    expect(compareAnswers({ id: '3' }, { id: '1' }).problem).toBeUndefined();
    expect(compareAnswers({ words: [{ id: 1 }] }, { words: [{ id: '1' }] }).problem).toContain(
      '.words[0].id',
    );
  });
});
