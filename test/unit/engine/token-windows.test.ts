/** Entities of texts that are longer than the model takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenResult } from '../../../layers/engine/src/ports.ts';
import { scoredTokens } from '../../../layers/engine/src/tasks/scored-tokens.ts';
import { packagedTokenizer } from '../../fixtures/open-tokenizer.ts';
import { spanPredictor } from '../../fixtures/span-predictor.ts';

const LABELS = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
const tokenizer = await packagedTokenizer();
const predictorOf = (maxTokens: number, ofPlaces = false) =>
  spanPredictor({ task: 'token-classification', labels: LABELS, tokenizer, maxTokens, ofPlaces });
const word = fc.constantFrom('the', 'people', 'Zyzzyva', 'Microsoft', '😀', 'Ünïcode', '日本', '.');
const texts = fc.array(word, { maxLength: 60 }).map((words) => words.join(' '));

describe('token-classification with a stride', () => {
  it.each([
    ...['none', 'simple', 'first', 'average', 'max'].map((strategy) => [strategy, 'argmax'] as const),
    ...['none', 'simple', 'average'].map((strategy) => [strategy, 'constrained'] as const),
  ])(
    'answers as the model would on the whole text, words and spans over the end of a window too: %s, %s',
    async (aggregation_strategy, decoding) => {
      const whole = predictorOf(10_000);
      await fc.assert(
        fc.asyncProperty(
          texts,
          fc.integer({ min: 3, max: 30 }),
          fc.nat(20),
          async (text, maxTokens, stride) => {
            const parameters = { aggregation_strategy, decoding, ignore_labels: [] };
            const expected = await whole.predict(text, parameters);
            const { results, tokens } = await predictorOf(maxTokens).predict(text, { ...parameters, stride });
            expect(results).toEqual(expected.results);
            expect(tokens.truncated).toBe(0);
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it('takes a token that two windows have from that with more context', async () => {
    // Ten tokens in windows of eight with four of overlap: 0 to 7 and 4 to 9; the change is in the middle of 4 to 7.
    const [windows = []] = await tokenizer.encode(
      [{ text: 'the '.repeat(10), windows: { of: 'text', stride: 4 } }],
      { maxTokens: 10, alignment: true },
    );
    const results = windows.map((encoding, window): TokenResult => {
      const data = new Float32Array(encoding.ids.length * 2).fill(0);
      for (let i = 0; i < encoding.ids.length; i++) data[2 * i + window] = 5;
      return { encoding, outputs: { logits: { dims: [encoding.ids.length, 2], data } } };
    });
    const tokens = await scoredTokens(results, ['first window', 'second window'], async () => {});
    expect(tokens.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(tokens.map(({ scores: [first = 0] }) => (first > 0.5 ? 1 : 2))).toEqual([
      1, 1, 1, 1, 1, 1, 2, 2, 2, 2,
    ]);
  });

  it('without one refuses a long text with both numbers, or cuts it where that is asked for', async () => {
    const text = 'the people '.repeat(10);
    await expect(predictorOf(12).predict(text)).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      details: { tokens: 22, maxTokens: 12 },
    });
    const parameters = { truncate: true, aggregation_strategy: 'none', ignore_labels: [] };
    const right = await predictorOf(12).predict(text, parameters);
    const left = await predictorOf(12).predict(text, { ...parameters, truncation_direction: 'left' });
    expect(right.results[0]).toMatchObject({ length: 10, 0: { start: 0, word: 'the' } });
    expect(left.results[0]).toMatchObject({ length: 10, 9: { end: text.trimEnd().length, word: 'people' } });
    expect([right.tokens.truncated, left.tokens.truncated]).toEqual([10, 10]);
  });

  it('answers nothing of a text without tokens', async () => {
    const parameters = { stride: 2, ignore_labels: [] };
    await expect(predictorOf(12).predict(['', ' \n'], parameters)).resolves.toMatchObject({
      results: [[], []],
    });
  });
});
