import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentenceSpans } from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/coref-document.ts';
import {
  numberOf,
  splitAtHyphens,
} from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/drop-words.ts';
import { splitSentences } from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/sentences.ts';
import { tokenSpanOf } from '../../../../../layers/engine/src/runtimes/allennlp/models/reading/token-span.ts';

describe('words of DROP', () => {
  it('are divided at hyphens, which keep their places', () => {
    expect(splitAtHyphens([{ text: '1854-1855', idx: 7 }])).toEqual([
      { text: '1854', idx: 7 },
      { text: '-', idx: 11 },
      { text: '1855', idx: 12 },
    ]);
    expect(splitAtHyphens([{ text: 'a–b~c', idx: 0 }]).map(({ text, idx }) => [text, idx])).toEqual([
      ['a', 0],
      ['–', 1],
      ['b', 2],
      ['~', 3],
      ['c', 4],
    ]);
    expect(splitAtHyphens([{ text: '😀-b', idx: 0 }]).map(({ idx }) => idx)).toEqual([0, 1, 2]);
    expect(splitAtHyphens([{ text: '--', idx: 0 }]).map(({ text }) => text)).toEqual(['-', '-']);
  });

  it('are numbers where Python reads them as whole ones, or they are names up to nineteen', () => {
    expect(['12', '1,200', '-3', '+4', '1_000', '٣', 'nineteen', ' 7 '].map(numberOf)).toEqual([
      12, 1200, -3, 4, 1000, 3, 19, 7,
    ]);
    expect(['twenty', 'Two', '1.5', '1e3', '', '-', '1__0', '½', 'hundred'].map(numberOf)).toEqual(
      new Array(9).fill(undefined),
    );
  });
});

describe('sentences by the rule', () => {
  it('end with their marks and what closes after them', () => {
    expect(splitSentences(['"', 'No', '!', '"', 'he', 'said', '.', ' ', 'So', '...', 'what', '?'])).toEqual([
      ['"', 'No', '!', '"'],
      ['he', 'said', '.', ' '],
      ['So', '...'],
      ['what', '?'],
    ]);
  });

  it('have every word once, in its order', () => {
    const word = fc.constantFrom('a', '.', '!', '"', ')', ' ', '?!');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const sentences = splitSentences(words);
        expect(sentences.flat()).toEqual(words);
        expect(sentences.every(({ length }) => length > 0)).toBe(true);
      }),
    );
  });
});

describe('spans of words that may be mentions', () => {
  it('lie in one sentence, and are no wider than the model reads', () => {
    expect(sentenceSpans([['a', 'b', 'c'], ['d']], 2)).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 2],
      [2, 2],
      [3, 3],
    ]);
    expect(sentenceSpans([[], ['a']], 2)).toEqual([[0, 0]]);
  });
});

describe('the words of an answer', () => {
  const offsets = [
    [0, 3],
    [4, 8],
    [9, 10],
  ] as const;

  it('are those that begin and end where it does', () => {
    expect(tokenSpanOf(offsets, [4, 10])).toEqual({ start: 1, end: 2 });
    expect(tokenSpanOf(offsets, [0, 3])).toEqual({ start: 0, end: 0 });
  });

  it('are whole words where it begins or ends inside of one', () => {
    expect(tokenSpanOf(offsets, [5, 7])).toEqual({ start: 1, end: 1 });
    expect(tokenSpanOf(offsets, [1, 5])).toEqual({ start: 0, end: 1 });
    expect(tokenSpanOf(offsets, [9, 16])).toEqual({ start: 2, end: 2 });
  });

  it('are none where the answer is not in the text', () => {
    expect(tokenSpanOf(offsets, [30, 35])).toBeUndefined();
    expect(tokenSpanOf(offsets, [9, 40])).toBeUndefined();
    expect(tokenSpanOf([], [0, 3])).toBeUndefined();
  });
});
