import { describe, expect, it } from 'vitest';
import { scoredTokens } from '../../../../layers/engine/src/tasks/scored-tokens.ts';
import { tokenClassification } from '../../../../layers/engine/src/tasks/token-classification.ts';
import { alignmentOf, contextOf, countingGiveWay, windowOf } from './task-inputs.ts';
import { type Graph, predictorFor } from './task-model.ts';

const task = 'token-classification' as const;
const labels = ['O', 'B-city', 'I-city'];
const near = (score: number) => expect.closeTo(score, 6);

/** Shares of the labels for each word, by its id: paris, ##burg, rome, all others. */
const SHARES: Record<number, readonly number[]> = { 5: [2, 7, 1], 11: [8, 1, 1], 6: [1, 8, 1] };
const graph: Graph = (ids) => ({ logits: ids.map((id) => (SHARES[id] ?? [8, 1, 1]).map(Math.log)) });

const spansOf = async (text: string, parameters: object = {}) =>
  (await (await predictorFor({ task, labels, graph })).predictor.predict(text, parameters)).results[0];

describe('token-classification', () => {
  it('gives the spans of neighbours of one kind, and leaves out what is outside of them', async () => {
    await expect(spansOf('is Rome and paris')).resolves.toEqual([
      { entity_group: 'city', score: near(0.8), word: 'Rome', start: 3, end: 7 },
      { entity_group: 'city', score: near(0.7), word: 'paris', start: 12, end: 17 },
    ]);
  });

  it('leaves out the labels that a call names, in place of O', async () => {
    await expect(spansOf('is rome', { ignore_labels: ['city'] })).resolves.toEqual([
      { entity_group: 'O', score: near(0.8), word: 'is', start: 0, end: 2 },
    ]);
    await expect(spansOf('is rome', { ignore_labels: [] })).resolves.toMatchObject([
      { entity_group: 'O' },
      { entity_group: 'city' },
    ]);
  });

  it('gives every token by itself with its place among all where nothing is to be joined', async () => {
    const parameters = { aggregation_strategy: 'none' };
    await expect(spansOf('is romeburg', parameters)).resolves.toEqual([
      { entity: 'B-city', score: near(0.8), index: 2, word: 'rome', token: 'rome', start: 3, end: 7 },
    ]);
    await expect(spansOf('romeburg', { ...parameters, ignore_labels: ['B-city'] })).resolves.toEqual([
      { entity: 'O', score: near(0.8), index: 2, word: 'burg', token: '##burg', start: 4, end: 8 },
    ]);
  });

  it.each([
    ['simple', 'paris', 0.7],
    ['first', 'parisburg', 0.7],
    ['max', 'parisburg', 0.8],
    ['average', 'parisburg', 0.5],
  ])(
    'by the strategy %s gives a word of two tokens with labels that differ',
    async (strategy, word, score) => {
      const spans = await spansOf('parisburg', { aggregation_strategy: strategy, ignore_labels: [] });
      expect(spans).toMatchObject([{ word, score: near(score) }, ...(strategy === 'simple' ? [{}] : [])]);
    },
  );

  it('counts the characters behind an emoji once or twice, as the call says', async () => {
    await expect(spansOf('😀 rome')).resolves.toMatchObject([{ start: 3, end: 7 }]);
    await expect(spansOf('😀 rome', { offset_unit: 'codepoint' })).resolves.toMatchObject([
      { word: 'rome', start: 2, end: 6 },
    ]);
  });

  it('chooses labels as the call says, else as the model was trained for, else each by itself', async () => {
    /** `paris` alone is outside of a name; as `rome` behind it goes on with one, it begins one. */
    const shares: Record<number, readonly number[]> = { 5: [5, 4, 1], 6: [1, 1, 8] };
    const outside = [8, 1, 1];
    const joined: Graph = (ids) => ({ logits: ids.map((id) => (shares[id] ?? outside).map(Math.log)) });
    const words = async (decoding?: string, own?: 'argmax' | 'constrained') => {
      const taskDefaults = own && { decoding: own };
      const { predictor } = await predictorFor({
        task,
        labels,
        graph: joined,
        ...(taskDefaults && { taskDefaults }),
      });
      const { results } = await predictor.predict('paris rome', { ...(decoding && { decoding }) });
      return (results[0] as { word: string }[]).map(({ word }) => word);
    };
    await expect(words()).resolves.toEqual(['rome']);
    await expect(words('constrained')).resolves.toEqual(['paris rome']);
    await expect(words(undefined, 'constrained')).resolves.toEqual(['paris rome']);
    await expect(words('argmax', 'constrained')).resolves.toEqual(['rome']);
    await expect(words('constrained', 'argmax')).resolves.toEqual(['paris rome']);
  });

  it('finds nothing where no window was read', async () => {
    const parameters = tokenClassification.parameters.parse({});
    await expect(tokenClassification.result('rome', [], parameters, contextOf({ labels }))).resolves.toEqual(
      [],
    );
  });

  it('refuses a model of another number of labels than its manifest has', async () => {
    const { predictor } = await predictorFor({ task, labels: ['O', 'city'], graph });
    await expect(predictor.predict('rome')).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: 'The model gave 3 logits for each token, but its manifest has 2 labels.',
    });
  });
});

describe('the parameters of token-classification', () => {
  const { parameters } = tokenClassification;
  const takes = (given: object) => parameters.safeParse(given).success;

  it('are spans of everything but O in UTF-16 code units where a call says nothing', () => {
    expect(parameters.parse({})).toEqual({
      truncate: false,
      aggregation_strategy: 'simple',
      ignore_labels: ['O'],
      offset_unit: 'utf16',
    });
  });

  it('take 1000 labels to leave out, a stride from 0, and names that there are', () => {
    expect([1000, 1001].map((length) => takes({ ignore_labels: Array(length).fill('O') }))).toEqual([
      true,
      false,
    ]);
    expect([0, 1, -1, 0.5].map((stride) => takes({ stride }))).toEqual([true, true, false, false]);
    for (const aggregation_strategy of ['none', 'simple', 'first', 'average', 'max'])
      expect(takes({ aggregation_strategy })).toBe(true);
    for (const decoding of ['argmax', 'constrained']) expect(takes({ decoding })).toBe(true);
    for (const offset_unit of ['utf16', 'codepoint']) expect(takes({ offset_unit })).toBe(true);
    for (const wrong of [
      { aggregation_strategy: '' },
      { decoding: '' },
      { offset_unit: 'bytes' },
      { more: 1 },
    ])
      expect(takes(wrong)).toBe(false);
  });
});

describe('the tokens of a text', () => {
  it('have their spelling, word and place, and shares of the labels, without special ones', async () => {
    const alignment = alignmentOf([null, [0, 3], [3, 5], null], { wordIds: [null, 7, 7, null] });
    const logits = [9, 9, 0, Math.log(3), Math.log(4), 0, 9, 9];
    const window = windowOf({ logits }, { ids: [2, 5, 11, 3], alignment });
    const tokens = await scoredTokens([window], ['a', 'b'], async () => {});
    expect(tokens).toMatchObject([
      { index: 1, token: 't1', word: 7, start: 0, end: 3 },
      { index: 2, token: 't2', word: 7, start: 3, end: 5 },
    ]);
    expect(tokens.map(({ scores }) => [...scores])).toEqual([
      [near(1 / 4), near(3 / 4)],
      [near(4 / 5), near(1 / 5)],
    ]);
  });

  it('let others go before each sixteen of them', async () => {
    const spans = Array.from({ length: 33 }, (_, token) => [token, token + 1] as const);
    const ids = spans.map(() => 5);
    const window = windowOf({ logits: ids }, { ids, alignment: alignmentOf(spans) });
    const counted = countingGiveWay();
    await expect(scoredTokens([window], ['a'], counted.giveWay)).resolves.toHaveLength(33);
    expect(counted.looks).toBe(3);
  });
});
