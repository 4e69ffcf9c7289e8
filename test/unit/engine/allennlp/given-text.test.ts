import { describe, expect, it } from 'vitest';
import {
  givenSentences,
  givenText,
  neededTags,
  tokenizeGiven,
} from '../../../../layers/engine/src/runtimes/allennlp/text/given-text.ts';
import { openTokenizer } from '../../../../layers/engine/src/runtimes/allennlp/text/tokenizers/index.ts';
import { smallArchive } from '../../../fixtures/allennlp-hub.ts';

const open = (params: unknown) => openTokenizer(params, { archive: smallArchive(), path: 'tokenizer' });

describe("texts of a predictor's JSON", () => {
  it('are a string, or words with what the client knows of them, one space between', () => {
    expect(givenText({ sentence: 'a b' }, 'inputs', 'sentence')).toEqual({
      text: 'a b',
      field: 'inputs.sentence',
    });
    const given = givenText(
      { tokens: ['😀', { text: 'sat', pos: 'VERB', tag: 'VBD' }] },
      'inputs',
      'sentence',
      'tokens',
    );
    expect(given).toEqual({
      text: '😀 sat',
      field: 'inputs.tokens',
      words: [
        { text: '😀', idx: 0, idxEnd: 1 },
        { text: 'sat', pos: 'VERB', tag: 'VBD', entType: undefined, idx: 2, idxEnd: 5 },
      ],
    });
  });

  it('are refused by the name of the place at fault', () => {
    const read = (input: unknown) => () => givenText(input, 'inputs[1]', 'sentence', 'tokens');
    expect(read('text')).toThrow('inputs[1]: must be an object.');
    expect(read({})).toThrow('inputs[1].sentence: must be a text, or a list of words.');
    expect(read({ sentence: 7 })).toThrow('inputs[1].sentence: must be a text, or a list of words.');
    expect(read({ tokens: ['a', { word: 'b' }] })).toThrow('inputs[1].tokens[1]: must be a word');
    expect(read({ tokens: [''] })).toThrow('inputs[1].tokens[0]: must not be empty');
  });

  it('have their words taken as they are by tokenizers of words, and by no other', async () => {
    const given = givenText({ tokens: ["can't", 'sat'] }, 'inputs', 'sentence', 'tokens');
    const tokens = await tokenizeGiven(given, open({ type: 'spacy', end_tokens: ['@end@'] }));
    expect(tokens.map(({ text }) => text)).toEqual(["can't", 'sat', '@end@']);
    await expect(tokenizeGiven(given, open('letters_digits'))).rejects.toThrow(
      'inputs.tokens: must be a text',
    );
  });

  it('are asked for the tags that a model needs', () => {
    const tokens = [{ text: 'a', pos: 'DET' }];
    expect(neededTags(tokens, 'pos', 'inputs')).toEqual(['DET']);
    expect(() => neededTags(tokens, 'tag', 'inputs')).toThrow('needs the tag of every word');
  });

  it('may be the sentences of a document', () => {
    expect(givenSentences({ document: 'x' }, 'inputs')).toBeUndefined();
    const sentences = givenSentences({ sentences: [['a', 'b'], ['c']] }, 'inputs');
    expect(sentences?.map((words) => words.map(({ text }) => text))).toEqual([['a', 'b'], ['c']]);
    expect(() => givenSentences({ sentences: ['a'] }, 'inputs')).toThrow(
      'inputs.sentences[0]: must be a list',
    );
  });
});
