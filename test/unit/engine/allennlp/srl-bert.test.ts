import { describe, expect, it } from 'vitest';
import { wordPieces } from '../../../../layers/engine/src/runtimes/allennlp/models/srl-bert/word-pieces.ts';

describe('the pieces of a word', () => {
  const vocabulary = new Set(['un', '##believ', '##able', 'x', '##x']);
  const pieces = (word: string) => wordPieces(word, (piece) => vocabulary.has(piece));

  it('are the longest that the vocabulary has', () => {
    expect(pieces('unbelievable')).toEqual(['un', '##believ', '##able']);
  });

  it('are one unknown piece where the vocabulary lacks any', () => {
    expect(pieces('unbelieving')).toEqual(['[UNK]']);
  });

  it('are one unknown piece for a word of more than 100 characters', () => {
    expect(pieces('x'.repeat(100))).toHaveLength(100);
    expect(pieces('x'.repeat(101))).toEqual(['[UNK]']);
  });

  it('are none for white space', () => {
    expect(pieces(' \n')).toEqual([]);
  });
});
