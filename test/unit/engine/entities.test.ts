import { describe, expect, it } from 'vitest';
import {
  groupEntities,
  labelTokens,
  labelWords,
  type ScoredToken,
} from '../../../layers/engine/src/tasks/entities.ts';

const LABELS = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
const TAGGING = { labels: LABELS, decoding: 'argmax', giveWay: async () => {} } as const;

/** A token whose best label has the given score; the rest is shared by the others. */
function token(
  index: number,
  word: number,
  span: [number, number],
  label: string,
  score: number,
): ScoredToken {
  const rest = (1 - score) / (LABELS.length - 1);
  const scores = Float64Array.from(LABELS, (candidate) => (candidate === label ? score : rest));
  return { index, token: `t${index}`, word, start: span[0], end: span[1], scores };
}

const span = (label: string, start: number, end: number) => expect.objectContaining({ label, start, end });

describe('groupEntities', () => {
  const part = (label: string, start: number, score = 1) => ({ label, start, end: start + 1, score });

  it('joins B- with the I- that follow, and averages their scores', () => {
    expect(groupEntities([part('B-PER', 0, 0.9), part('I-PER', 1, 0.7), part('O', 2)], LABELS)).toEqual([
      { label: 'PER', start: 0, end: 2, score: 0.8 },
      { label: 'O', start: 2, end: 3, score: 1 },
    ]);
  });

  it('opens a new span at B- even behind one of the same label', () => {
    expect(groupEntities([part('B-PER', 0), part('B-PER', 1)], LABELS)).toHaveLength(2);
  });

  it('opens a span at an I- that nothing precedes, and where the label changes', () => {
    expect(groupEntities([part('I-PER', 0), part('I-LOC', 1)], LABELS)).toEqual([
      span('PER', 0, 1),
      span('LOC', 1, 2),
    ]);
  });

  it('joins what goes on with a span of its own kind alone, however often it changes', () => {
    const labels = ['I-PER', 'I-LOC', 'I-PER', 'I-PER', 'B-PER', 'I-PER'];
    expect(
      groupEntities(
        labels.map((label, start) => part(label, start)),
        LABELS,
      ),
    ).toEqual([span('PER', 0, 1), span('LOC', 1, 2), span('PER', 2, 4), span('PER', 4, 6)]);
  });

  it('finds no span in nothing', () => {
    expect(groupEntities([], LABELS)).toEqual([]);
  });

  it('joins bare labels', () => {
    expect(groupEntities([part('PER', 0), part('PER', 1)], LABELS)).toEqual([span('PER', 0, 2)]);
  });
});

describe('labelWords', () => {
  // "Microsoft" as in the documentation of Hugging Face: Mic ##ro ##soft with labels that disagree.
  const word = [
    token(1, 0, [0, 3], 'B-PER', 0.5),
    token(2, 0, [3, 5], 'B-LOC', 0.9),
    token(3, 0, [5, 9], 'B-PER', 0.6),
  ];

  it.each([
    ['first', 'B-PER'],
    ['max', 'B-LOC'],
    ['average', 'B-PER'],
  ] as const)('gives a word one label, by the strategy %s', async (strategy, label) => {
    expect(await labelWords('Microsoft', word, TAGGING, strategy)).toEqual([span(label, 0, 9)]);
  });

  it('averages the scores of the word before it chooses', async () => {
    const [{ score } = { score: 0 }] = await labelWords('Microsoft', word, TAGGING, 'average');
    expect(score).toBeCloseTo((0.5 + 0.025 + 0.6) / 3, 12);
  });

  it('takes the first of tokens that are equally sure', async () => {
    const parts = [token(1, 0, [2, 4], 'B-LOC', 0.75), token(2, 0, [4, 6], 'B-PER', 0.75)];
    expect(await labelWords('a bcde', parts, TAGGING, 'max')).toEqual([span('B-LOC', 2, 6)]);
  });

  it('gives no word a label in a text without tokens', async () => {
    expect(await labelWords('', [], TAGGING, 'average')).toEqual([]);
  });

  it('chooses labels together by the product of their shares, not by the sum', async () => {
    const shares = (values: readonly number[]) => Float64Array.from(values);
    const pair = [
      { ...token(1, 0, [0, 1], 'O', 1), scores: shares([0.85, 0.15, 0, 0, 0]) },
      { ...token(2, 1, [2, 3], 'O', 1), scores: shares([0.1, 0.1, 0.6, 0.1, 0.1]) },
    ];
    // Of 0.85 x 0.1 and 0.15 x 0.6 the second is larger; of 0.85 + 0.1 and 0.15 + 0.6 the first.
    const tagging = { ...TAGGING, decoding: 'constrained' } as const;
    expect(await labelWords('a b', pair, tagging, 'first')).toMatchObject([
      { label: 'B-PER', score: 0.15 },
      { label: 'I-PER', score: 0.6 },
    ]);
  });

  it('keeps words apart that have the same label', async () => {
    const two = [token(1, 0, [0, 1], 'B-PER', 0.9), token(2, 1, [2, 3], 'B-PER', 0.9)];
    expect(await labelWords('a b', two, TAGGING, 'first')).toHaveLength(2);
  });
});

describe('labelTokens', () => {
  it('gives every token its best label and keeps its place', async () => {
    expect(await labelTokens([token(4, 2, [7, 9], 'I-LOC', 0.8)], TAGGING)).toMatchObject([
      { label: 'I-LOC', score: 0.8, index: 4, start: 7, end: 9 },
    ]);
  });
});
