import { describe, expect, it } from 'vitest';
import { locateWords } from '../../../../layers/engine/src/runtimes/allennlp/models/locate-words.ts';

describe('the places of words in their text', () => {
  it('follow one another', () => {
    expect(locateWords('a b a', ['a', 'b', 'a'])).toEqual([
      { start: 0, end: 1 },
      { start: 2, end: 3 },
      { start: 4, end: 5 },
    ]);
  });

  it('are empty for a word that the tokenizer changed, and the next ones are found', () => {
    expect(locateWords('an Élan', ['an', 'elan'])).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 2 },
    ]);
    expect(locateWords('Élan vital', ['elan', 'vital'])[1]).toEqual({ start: 5, end: 10 });
  });
});
