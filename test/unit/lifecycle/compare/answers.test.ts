/** Answers of two models beside each other: what flips, and how much scores differ. */

import { resolve } from 'node:path';
import { keepsTo, parseFlipLimit, parseSide } from '@pilotlight/lifecycle';
import { decideAmongOthers } from '@pilotlight/lifecycle/internal/compare/answers/among-others';
import type { Answer } from '@pilotlight/lifecycle/internal/compare/answers/answer';
import { compareAnswers } from '@pilotlight/lifecycle/internal/compare/answers/compare';
import { readJson } from '@pilotlight/lifecycle/internal/compare/answers/json';
import { describeFlips } from '@pilotlight/lifecycle/internal/compare/words';
import { describe, expect, it } from 'vitest';

const label = (choice: string, score: number, ids = [1, 2]): Answer => ({
  ids,
  decisions: [{ at: 'label', choice, score, margin: 2 * score - 1 }],
  scores: [
    [choice, score],
    [choice === 'good' ? 'bad' : 'good', 1 - score],
  ],
});
const texts = (count: number) => Array.from({ length: count }, (_, index) => ({ text: `text ${index + 1}` }));
const span = (at: string, choice: string, score = 0.9): Answer => ({
  decisions: [{ at, choice, score }],
  scores: [[at, score]],
});

describe('labels of two models', () => {
  it('flip where they differ, the one that both were surest about first', () => {
    const a = [label('good', 0.9), label('good', 0.52), label('bad', 0.95)];
    const b = [label('good', 0.8), label('bad', 0.51), label('good', 0.97)];
    const found = compareAnswers('labels', texts(3), [a, b]);
    expect(found.decisions).toEqual({ total: 3, changed: 2, clear: 1 });
    expect(found.flips.map(({ text }) => text)).toEqual([3, 2]);
    expect(found.changedTexts).toBe(2);
    expect(describeFlips(found)).toBe('2 of 3 labels flip (67 %), 1 of them clear in A');
  });

  it('have differences of scores, which are counted by size', () => {
    const found = compareAnswers('labels', texts(1), [[label('good', 0.9)], [label('good', 0.87)]]);
    expect(found.scores?.largest).toBeCloseTo(0.03);
    expect(found.scores?.histogram.find(({ count }) => count > 0)).toEqual({ upTo: 0.05, count: 1 });
  });

  it('come with the first token that is another one', () => {
    const a = [label('good', 0.9, [1, 5, 9]), label('good', 0.9, [1, 2])];
    const b = [label('good', 0.9, [1, 6, 9]), label('good', 0.9, [1, 2, 3])];
    expect(compareAnswers('labels', texts(2), [a, b]).tokens).toEqual({
      compared: 2,
      differences: [
        { text: 1, token: 1, a: 5, b: 6, lengths: [3, 3] },
        { text: 2, token: 2, b: 3, lengths: [2, 3] },
      ],
    });
  });
});

describe('other answers of two models', () => {
  it('are spans, of which one that only one model finds flips, too', () => {
    const found = compareAnswers('spans', texts(3), [
      [span('0-4 "Anna"', 'PER'), span('0-4 "Rome"', 'LOC'), span('0-2 "an"', 'PER')],
      [span('0-4 "Anna"', 'PER'), span('0-4 "Rome"', 'PER'), { decisions: [], scores: [] }],
    ]);
    expect(found.decisions).toMatchObject({ total: 3, changed: 2 });
    expect(found.flips.at(-1)).toEqual(expect.not.objectContaining({ b: expect.anything() }));
  });

  it('are scores alone, of which the order of two texts flips', () => {
    const scored = (...scores: number[]): readonly Answer[] =>
      decideAmongOthers(
        scores.map((score) => ({ decisions: [], scores: [['score', score]] })),
        'orders',
      );
    const found = compareAnswers('orders', texts(3), [scored(0.1, 0.2, 0.5), scored(0.1, 0.6, 0.5)]);
    expect(found.decisions).toEqual({ total: 2, changed: 1, clear: 1 });
  });

  it('are embeddings, which have a cosine and a nearest text', () => {
    const embedded = (...angles: number[]): readonly Answer[] =>
      decideAmongOthers(
        angles.map((angle) => ({ decisions: [], scores: [], vector: [Math.cos(angle), Math.sin(angle)] })),
        'neighbours',
      );
    const found = compareAnswers('neighbours', texts(3), [embedded(0, 0.1, 1), embedded(0, 0.8, 1)]);
    expect(found.decisions).toMatchObject({ total: 3, changed: 1 });
    expect(found.flips[0]).toMatchObject({ text: 2, a: { choice: 'text 1' }, b: { choice: 'text 3' } });
    expect(found.cosine?.least).toBeCloseTo(Math.cos(0.7));
  });

  it('are the JSON of a predictor, whose texts and whole numbers decide, and whose other numbers are scores', () => {
    const a = readJson({ tags: ['B', 'O'], heads: [2, 0], probs: [1, 0.25], loss: 3 });
    const b = readJson({ tags: ['B', 'B'], heads: [1, 0], probs: [0.99, 0.3], loss: 9 });
    const found = compareAnswers('values', texts(1), [[a], [b]]);
    expect(found.flips.map(({ at }) => at)).toEqual(['tags[1]', 'heads[0]']);
    expect(found.scores?.largest).toBeCloseTo(0.05);
  });

  it('are numbers that are whole on one side by chance, and no flip', () => {
    const [a, b] = [readJson({ probs: [1, 0] }), readJson({ probs: [0.9999, 0.0001] })];
    expect(compareAnswers('values', texts(1), [[a], [b]]).flips).toEqual([]);
  });
});

describe('a limit of flips', () => {
  const flips = (changed: number, total: number) => ({ decisions: { changed, total, clear: 0 } });

  it('is a number, or a share of all decisions', () => {
    expect(keepsTo(flips(5, 200), parseFlipLimit('5'))).toBe(true);
    expect(keepsTo(flips(6, 200), parseFlipLimit('5'))).toBe(false);
    expect(keepsTo(flips(2, 200), parseFlipLimit('1%'))).toBe(true);
    expect(keepsTo(flips(3, 200), parseFlipLimit('1%'))).toBe(false);
  });

  it.each(['some', '-1', '1.5', '101%', ''])('is not %j', (text) => {
    expect(() => parseFlipLimit(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('the name of a side', () => {
  it.each([
    ['sentiment', { packages: 'p', ref: 'sentiment' }],
    ['sentiment@1.0.1:fp32', { packages: 'p', ref: 'sentiment@1.0.1', variant: 'fp32' }],
    [
      'model-assets/packages/sentiment/1.0.1:int8',
      { packages: resolve('model-assets/packages'), ref: 'sentiment@1.0.1', variant: 'int8' },
    ],
  ])('%s is a package of a folder, or a folder of its own', (text, side) => {
    expect(parseSide(text, 'p')).toEqual(side);
  });

  it('that is the path of no package is refused', () => {
    expect(() => parseSide('./test', 'p')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
