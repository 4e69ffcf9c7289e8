import { describe, expect, test } from 'vitest';
import type { Encoding, Span, TokenResult } from '../../../layers/engine/src/ports.ts';
import { spansOfWords, tagsOfWords } from '../../../model-assets/toolchain/src/stages/evaluate/words.ts';

const LABELS = ['O', 'B-x', 'I-x'];

/** A result whose token `i` has the label `tops[i]`. */
function resultOf(spans: readonly Span[], specials: readonly number[], tops: readonly number[]): TokenResult {
  const encoding: Encoding = {
    ids: tops.map(() => 5),
    untruncatedLength: tops.length,
    typeIds: [],
    alignment: { spans, specialTokensMask: specials, wordIds: [], tokens: [], sequenceIds: [] },
  };
  const data = Float32Array.from(tops.flatMap((top) => LABELS.map((_, label) => (label === top ? 2 : -1))));
  return { encoding, outputs: { logits: { dims: [tops.length, LABELS.length], data } } };
}

describe('spans of words', () => {
  test('are found from left to right, a repeated word at its own place', () => {
    expect(spansOfWords('to be or to do.', ['to', 'be', 'or', 'to', 'do', '.'])).toEqual([
      [0, 2],
      [3, 5],
      [6, 8],
      [9, 11],
      [12, 14],
      [14, 15],
    ]);
  });

  test('count UTF-16 units', () => {
    expect(spansOfWords('😀 ok', ['😀', 'ok'])).toEqual([
      [0, 2],
      [3, 5],
    ]);
  });

  test('of words that are not in the text are refused', () => {
    expect(() => spansOfWords('a b', ['b', 'a'])).toThrow(
      expect.objectContaining({ code: 'DATASET_INVALID' }),
    );
  });
});

describe('tags of words', () => {
  test('are those of the first sub-word token', async () => {
    const spans: Span[] = [
      [0, 0],
      [0, 3],
      [3, 6],
      [7, 9],
      [0, 0],
    ];
    const result = resultOf(spans, [1, 0, 0, 0, 1], [2, 1, 0, 2, 1]);
    const words: Span[] = [
      [0, 6],
      [7, 9],
    ];
    expect(await tagsOfWords(words, result, { labels: LABELS })).toEqual(['B-x', 'I-x']);
  });

  test('are decoded together where the model decodes so', async () => {
    const spans: Span[] = [
      [0, 1],
      [2, 3],
    ];
    const result = resultOf(spans, [0, 0], [2, 2]);
    expect(await tagsOfWords(spans, result, { labels: LABELS })).toEqual(['I-x', 'I-x']);
    const taskDefaults = { decoding: 'constrained' } as const;
    expect(await tagsOfWords(spans, result, { labels: LABELS, taskDefaults })).toEqual(['B-x', 'I-x']);
  });

  test('are O for words that were cut off', async () => {
    const result = resultOf(
      [
        [0, 0],
        [0, 2],
        [0, 0],
      ],
      [1, 0, 1],
      [1, 1, 1],
    );
    const words: Span[] = [
      [0, 2],
      [3, 5],
    ];
    expect(await tagsOfWords(words, result, { labels: LABELS })).toEqual(['B-x', 'O']);
  });
});
