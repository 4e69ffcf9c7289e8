import { describe, expect, it } from 'vitest';
import { featureExtraction } from '../../../../layers/engine/src/tasks/feature-extraction.ts';
import { choosePrompt } from '../../../../layers/engine/src/tasks/prompts.ts';
import { sentenceSimilarity } from '../../../../layers/engine/src/tasks/sentence-similarity.ts';
import { textRanking } from '../../../../layers/engine/src/tasks/text-ranking.ts';
import { contextOf } from './task-inputs.ts';

const prompts = { query: 'query: ', none: '' };
const refusal = (field: string, reason: string) =>
  expect.objectContaining({
    code: 'INVALID_PARAMETER',
    message: `parameters.${field}: ${reason}.`,
    details: { field: `parameters.${field}` },
  });

describe('a prompt', () => {
  it('by name is refused where the model has none, or none of that name', () => {
    const named = (taskDefaults?: { readonly prompts: typeof prompts }) => () =>
      choosePrompt({ prompt_name: 'passage' }, contextOf(taskDefaults && { taskDefaults }));
    expect(named()).toThrow(refusal('prompt_name', 'this model has no prompts'));
    expect(named({ prompts })).toThrow(refusal('prompt_name', 'must be one of query, none'));
  });

  it('by name does not go with one of the own words', () => {
    expect(() =>
      choosePrompt({ prompt_name: 'query', prompt: '' }, contextOf({ taskDefaults: { prompts } })),
    ).toThrow(refusal('prompt_name', 'does not go with "prompt"; send one of them'));
  });

  it.each([
    [{}, ''],
    [{ prompt: 'title: ' }, 'title: '],
    [{ prompt_name: 'query' }, 'query: '],
    [{ prompt_name: 'none' }, ''],
  ])('of %j is %j', (parameters, expected) => {
    expect(choosePrompt(parameters, contextOf({ taskDefaults: { prompts } }))).toBe(expected);
  });

  it('before ids of tokens is refused, but for an empty one', () => {
    const ask = (prompt: object) => () =>
      featureExtraction.requests(
        { tokens: [5] },
        featureExtraction.parameters.parse(prompt),
        contextOf({ taskDefaults: { prompts } }),
      );
    const expected = refusal('prompt', 'goes before a text, not before ids of tokens');
    expect(ask({ prompt: 'title: ' })).toThrow(expected);
    expect(ask({ prompt_name: 'query' })).toThrow(expected);
    expect(ask({ prompt: '' })()).toEqual([{ text: '', ids: [5] }]);
    expect(ask({ prompt_name: 'none' })()).toEqual([{ text: '', ids: [5] }]);
  });
});

describe('errors about one text of an input', () => {
  it('can name the sentence that they are of', () => {
    const requests = sentenceSimilarity.requests(
      { source_sentence: 'a', sentences: ['b', 'c'] },
      sentenceSimilarity.parameters.parse({ prompt: '> ' }),
      contextOf(),
    );
    expect([...requests]).toEqual([
      { text: '> a', part: { field: 'source_sentence' } },
      { text: '> b', part: { field: 'sentences', item: 0 } },
      { text: '> c', part: { field: 'sentences', item: 1 } },
    ]);
  });

  it('can name the text to be ranked that they are of', () => {
    const requests = textRanking.requests(
      { query: 'a', texts: ['b', 'c'] },
      textRanking.parameters.parse({}),
      contextOf(),
    );
    expect([...requests]).toEqual([
      { text: 'a', pair: 'b', part: { field: 'texts', item: 0 } },
      { text: 'a', pair: 'c', part: { field: 'texts', item: 1 } },
    ]);
  });
});
