import type { TaskName } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { manifestOf, predictorOf } from './fakes.ts';

/** A model whose tokenizer adds no special tokens: a blank text has no token at all. */
function predictorFor(task: TaskName) {
  return predictorOf({ manifest: manifestOf({ task }) });
}

const CASES: readonly [TaskName, unknown, string, object?][] = [
  ['text-classification', '', ''],
  ['text-classification', { text: '', text_pair: null }, ''],
  ['token-classification', '', ''],
  ['feature-extraction', '', ''],
  ['zero-shot-classification', '', '', { candidate_labels: ['a'] }],
  ['sentence-similarity', { source_sentence: '', sentences: ['a'] }, '.source_sentence'],
  ['sentence-similarity', { source_sentence: 'a', sentences: ['a', '', 'b'] }, '.sentences[1]'],
  ['text-ranking', { query: '', texts: ['a'] }, '.texts[0]'],
];

describe.each(CASES)('%s of an input without a token: %j', (task, input, part, parameters = {}) => {
  it('is refused by its name, alone and in a list, cut or not', async () => {
    for (const truncate of [false, true]) {
      const alone = predictorFor(task).predict(input, { ...parameters, truncate });
      await expect(alone).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: `inputs${part}: has no tokens.`,
        details: { field: `inputs${part}` },
      });
      const listed = predictorFor(task).predict([input, input], { ...parameters, truncate });
      await expect(listed).rejects.toMatchObject({
        message: `inputs[0]${part}: has no tokens.`,
        details: { field: `inputs[0]${part}`, index: 0 },
      });
    }
  });

  it('is refused before it would be handed on', async () => {
    await expect(predictorFor(task).prepare([input], parameters)).rejects.toMatchObject({
      message: `inputs[0]${part}: has no tokens.`,
    });
  });
});

describe('an input without a token among others', () => {
  it('does not stop a file of rows', async () => {
    const { outcomes } = await predictorOf().predictEach(['a', '', 'b']);
    expect(outcomes).toMatchObject([
      { result: [{}, {}] },
      { error: { code: 'INVALID_INPUT', message: 'inputs: has no tokens.' } },
      { result: [{}, {}] },
    ]);
  });

  it('is not run for its outputs', async () => {
    await expect(predictorOf().infer([{ text: 'a' }, { text: '' }])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'inputs: has no tokens.',
    });
  });

  it('has no tokens to show', async () => {
    await expect(predictorOf().tokenize([''])).resolves.toMatchObject([{ ids: [], tokens: [] }]);
  });
});
