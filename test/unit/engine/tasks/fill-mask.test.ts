import { describe, expect, it } from 'vitest';
import { fillMask } from '../../../../layers/engine/src/tasks/fill-mask.ts';
import { manifestOf } from '../fakes.ts';
import { contextOf, windowOf } from './task-inputs.ts';
import { type Graph, predictorFor, WORDS } from './task-model.ts';

/** Odds of the words at every token: `big` 6, `old` 3, `rome` 2 and 1 for the ten others: 21 in all. */
const ODDS: Record<string, number> = { big: 6, old: 3, rome: 2 };
const graph: Graph = (ids) => ({ logits: ids.map(() => WORDS.map((word) => Math.log(ODDS[word] ?? 1))) });
const task = 'fill-mask' as const;
const common = { truncate: false, truncation_direction: 'right' } as const;
const near = (score: number) => expect.closeTo(score, 6);
const id = (word: string) => WORDS.indexOf(word);

describe('fill-mask', () => {
  it('gives the most likely tokens, with the text in which each stands', async () => {
    const { predictor } = await predictorFor({ task, graph });
    const { results } = await predictor.predict('Paris is [MASK].', { top_k: 2 });
    expect(results[0]).toEqual([
      { score: near(6 / 21), token: id('big'), token_str: 'big', sequence: 'paris is big.' },
      { score: near(3 / 21), token: id('old'), token_str: 'old', sequence: 'paris is old.' },
    ]);
  });

  it('gives a list for each mask, and leaves the other masks in the text', async () => {
    const { predictor } = await predictorFor({ task, graph });
    const { results } = await predictor.predict(['[MASK] is [MASK].', '[MASK]'], { top_k: 1 });
    expect(results).toMatchObject([
      [[{ sequence: '[CLS] big is [MASK]. [SEP]' }], [{ sequence: '[CLS] [MASK] is big. [SEP]' }]],
      [{ sequence: 'big' }],
    ]);
  });

  it('gives each of several masks the shares of its own row', async () => {
    /** Odds of 36 to 12 for the word whose id is the token's place. */
    const places: Graph = (ids) => ({
      logits: ids.map((_, at) => WORDS.map((_, word) => (word === at ? Math.log(36) : 0))),
    });
    const { predictor } = await predictorFor({ task, graph: places });
    const { results } = await predictor.predict('[MASK] is [MASK]', { top_k: 1 });
    expect(results[0]).toMatchObject([
      [{ token: 1, score: near(3 / 4) }],
      [{ token: 3, score: near(3 / 4) }],
    ]);
  });

  it('reads each mask from its own row, however texts share a batch', async () => {
    /** The word at a token is the one whose id is the token's place. */
    const places: Graph = (ids) => ({
      logits: ids.map((_, at) => WORDS.map((_, word) => (word === at ? 9 : 0))),
    });
    const { predictor } = await predictorFor({ task, graph: places });
    const texts = ['is is is is [MASK]', '[MASK] is', 'is is is is is is [MASK] is', 'is [MASK]'];
    const { results } = await predictor.predict(texts, { top_k: 1 });
    expect(results).toMatchObject([[{ token: 5 }], [{ token: 1 }], [{ token: 7 }], [{ token: 2 }]]);
  });

  it.each([
    [
      ['old', 'rome'],
      ['old', 'rome'],
    ],
    [
      ['Rome', 'rome', 'OLD'],
      ['old', 'rome'],
    ],
    ['rome', ['rome']],
  ])(
    'chooses among the targets %j, spelled as the model spells them, with their share of all',
    async (targets, best) => {
      const { predictor } = await predictorFor({ task, graph });
      const { results } = await predictor.predict('paris is [MASK]', { targets });
      expect(results[0]).toMatchObject(
        best.map((word) => ({ token_str: word, score: near((ODDS[word] ?? 1) / 21) })),
      );
    },
  );

  it('refuses more than 1000 targets, and one that is several tokens, and says which', async () => {
    const { predictor } = await predictorFor({ task, graph });
    await expect(predictor.predict('[MASK]', { targets: Array(1001).fill('old') })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message:
        'parameters.targets: must be a word, or a list of 1 to 1000 words, of at most 200 characters each.',
    });
    await expect(predictor.predict('[MASK]', { targets: ['old', 'romeburg'] })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: "parameters.targets: 'romeburg' is 2 tokens of the model: 'rome', '##burg'; it must be one.",
    });
  });

  it('takes a target that the vocabulary spells so, though no text would have it as one token', async () => {
    const { predictor } = await predictorFor({ task, graph });
    const { results } = await predictor.predict('rome [MASK]', { targets: ['##burg', 'old'] });
    expect(results[0]).toMatchObject([{ token_str: 'old' }, { token: id('##burg'), score: near(1 / 21) }]);
  });

  it('refuses a target without a token, for it has none to give', async () => {
    const { predictor } = await predictorFor({ task, graph });
    await expect(predictor.predict('[MASK]', { targets: ['old', ' '] })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: "parameters.targets: ' ' is 0 tokens of the model; it must be one.",
    });
  });

  it('finds the targets of a call once, however many inputs it has', async () => {
    let finds = 0;
    const { vocabulary } = contextOf();
    const textsToIds = async (texts: readonly string[]) => {
      finds += 1;
      return texts.map(() => [id('old')]);
    };
    const context = contextOf({ vocabulary: { ...vocabulary, textsToIds } });
    const parameters = fillMask.parameters.parse({ targets: ['Old'] });
    const window = windowOf({ logits: WORDS.map(() => 0) }, { ids: [2, id('[MASK]'), 3] });
    await fillMask.checkParameters?.(parameters, context);
    for (const text of ['[MASK]', '[MASK] [MASK]']) {
      await expect(fillMask.result(text, [[window]], parameters, context)).resolves.toMatchObject([
        { token_str: 'old', score: near(1 / WORDS.length) },
      ]);
    }
    expect(finds).toBe(1);
  });

  it('needs no targets', async () => {
    const { predictor } = await predictorFor({ task, graph });
    const { run } = await predictor.prepare('[MASK]', { top_k: 1 });
    await expect(run()).resolves.toMatchObject({ results: [[{ token_str: 'big' }]] });
  });

  it('refuses a text without a mask before anything runs', async () => {
    const { predictor, session } = await predictorFor({ task, graph });
    await expect(predictor.predict(['[MASK]', 'paris'])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'inputs[1]: must have a [MASK].',
      details: { field: 'inputs[1]' },
    });
    expect(session.runs).toBe(0);
  });

  it.each([
    ['a target that is several tokens', '[MASK]', { targets: ['romeburg'] }],
    ['more tokens than it gives for all masks', '[MASK] is [MASK]', { top_k: 501 }],
  ])('refuses %s before anything runs', async (_, text, parameters) => {
    const { predictor, session } = await predictorFor({ task, graph });
    const call = predictor.prepare([text], parameters).then(({ run }) => run());
    await expect(call).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    expect(session.runs).toBe(0);
  });

  it('refuses a text whose mask was cut off', async () => {
    const { predictor } = await predictorFor({ task, graph, maxTokens: 6 });
    const text = 'paris is big and old and [MASK]';
    await expect(predictor.predict(text, { truncate: true })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'inputs: has no [MASK] among the tokens that the model read.',
    });
  });

  it('refuses to put more than a thousand texts together for one', async () => {
    const { predictor } = await predictorFor({ task, graph, maxTokens: 128 });
    const masks = (count: number) => '[MASK] '.repeat(count);
    await expect(predictor.predict(masks(100), { top_k: 10 })).resolves.toMatchObject({
      results: [{ length: 100, 99: { length: 10 } }],
    });
    await expect(predictor.predict(masks(100), { top_k: 11 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: 'parameters.top_k: must be at most 10 for a text with 100 masks.',
    });
    await expect(predictor.predict('[MASK]', { top_k: 1001 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: 'parameters.top_k: must be at most 1000 for a text with 1 mask.',
    });
  });

  it('counts the targets where they are fewer than the tokens that are asked for', async () => {
    const { predictor } = await predictorFor({ task, graph, maxTokens: 128 });
    const parameters = { targets: ['old', 'rome'], top_k: 1000 };
    const { results } = await predictor.predict('[MASK] '.repeat(2), parameters);
    expect(results[0]).toMatchObject([{ length: 2 }, { length: 2 }]);
  });

  it('counts masks that the tokenizer reads and the text does not spell', async () => {
    const masks = Array.from({ length: 501 }, () => id('[MASK]'));
    const window = windowOf({ logits: masks.flatMap(() => WORDS.map(() => 0)) }, { ids: masks });
    const parameters = fillMask.parameters.parse({ top_k: 2 });
    await expect(fillMask.result('[MASK]', [[window]], parameters, contextOf())).rejects.toMatchObject({
      message: 'parameters.top_k: must be at most 1 for a text with 501 masks.',
    });
  });

  it('has no mask to fill where no window was read', async () => {
    const parameters = fillMask.parameters.parse({});
    await expect(fillMask.result('[MASK]', [], parameters, contextOf())).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'inputs: has no [MASK] among the tokens that the model read.',
    });
  });

  it('keeps of a batch no more than the logits of its masks', () => {
    const logits = { dims: [3, WORDS.length], data: new Float32Array(3 * WORDS.length * 50).subarray(0, 39) };
    const encoding = { ids: [2, 4, 3], typeIds: [0, 0, 0], untruncatedLength: 3 };
    const { textProcessing } = manifestOf();
    const vocabulary = {
      tokenToId: (token: string) => WORDS.indexOf(token),
      idToToken: (token: number) => WORDS[token],
      decode: async () => '',
      textsToIds: async () => [],
    };
    const context = { labels: [], textProcessing, vocabulary, giveWay: async () => {} };
    const kept = fillMask.condense?.({ encoding, outputs: { logits } }, { top_k: 5, ...common }, context);
    expect(kept?.outputs.logits?.dims).toEqual([1, WORDS.length]);
    expect(kept?.outputs.logits?.data.buffer.byteLength).toBe(WORDS.length * 4);
  });

  it('answers the other rows of a file where one has no mask', async () => {
    const { predictor } = await predictorFor({ task, graph });
    const { outcomes } = await predictor.predictEach(['[MASK]', 'paris', 'rome [MASK]'], { top_k: 1 });
    expect(outcomes).toMatchObject([
      { result: [{ token_str: 'big' }] },
      { error: { code: 'INVALID_INPUT' } },
      { result: [{ sequence: 'rome big' }] },
    ]);
  });
});
