import { describe, expect, it } from 'vitest';
import { beginsWord, offsetsIn, trimSpan } from '../../../../layers/engine/src/tasks/spans.ts';

describe('a span', () => {
  it.each([
    ['with white space before it', 'a  b', [1, 4], [3, 4]],
    ['with white space behind it', 'a \n b', [0, 3], [0, 1]],
    ['with more white space behind it than before it', 'x a   y', [1, 6], [2, 3]],
    ['with white space inside', 'a b c', [0, 5], [0, 5]],
    ['that is of white space alone', 'a   b', [1, 4], [1, 4]],
    ['that is empty', 'ab', [1, 1], [1, 1]],
  ] as const)('%s loses what is at its ends and no more: %j', (_title, text, span, expected) => {
    expect(trimSpan(text, span)).toEqual(expected);
  });

  it('is counted in UTF-16 code units, or in code points behind a pair of surrogates', () => {
    const text = '😀 a';
    expect([0, 2, 3, 4].map(offsetsIn(text, 'utf16'))).toEqual([0, 2, 3, 4]);
    expect([0, 2, 3, 4].map(offsetsIn(text, 'codepoint'))).toEqual([0, 1, 2, 3]);
  });
});

describe('a token begins a word', () => {
  const token = (word: number | null, start: number, end: number) => ({ word, start, end });

  it.each([
    ['where it is the first', 'ab', undefined, token(0, 0, 1), true],
    ['where the tokenizer counts another word', 'ab', token(0, 0, 1), token(1, 1, 2), true],
    ['where the tokenizer counts no words', 'ab', token(null, 0, 1), token(null, 1, 2), true],
    ['not where it goes on with a word', 'ab', token(0, 0, 1), token(0, 1, 2), false],
    ['behind white space, though all is one word', 'a b', token(0, 0, 1), token(0, 2, 3), true],
    ['where white space is its first character', 'a b', token(0, 0, 1), token(0, 1, 3), true],
    ['not where white space is inside of it', 'ab c', token(0, 0, 1), token(0, 1, 4), false],
    ['not where it is of the same character as the one before', ' é', token(0, 1, 2), token(0, 1, 2), false],
    [
      'where it is of the same white space as the one before',
      'a\u2003b',
      token(0, 1, 2),
      token(0, 1, 2),
      true,
    ],
  ])('%s', (_title, text, previous, own, expected) => {
    expect(beginsWord(text, own, previous)).toBe(expected);
  });
});
