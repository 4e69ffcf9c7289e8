import { describe, expect, it } from 'vitest';
import { predictorFor } from './tasks/task-model.ts';

const { predictor } = await predictorFor({
  task: 'text-classification',
  labels: ['x'],
  graph: () => ({ logits: [0] }),
  maxTokens: 4,
});

describe('Predictor.tokenize', () => {
  it('gives the tokens of texts and pairs, where they stand and which are special', async () => {
    const [text, pair] = await predictor.tokenize(['😀 Romeburg.', { text: 'is', text_pair: 'big' }]);
    expect(text).toEqual({
      ids: [2, 1, 6, 11, 12, 3],
      tokens: ['[CLS]', '[UNK]', 'rome', '##burg', '.', '[SEP]'],
      spans: [
        [0, 0],
        [0, 2],
        [3, 7],
        [7, 11],
        [11, 12],
        [0, 0],
      ],
      specialTokensMask: [1, 0, 0, 0, 0, 1],
      sequenceIds: [null, 0, 0, 0, 0, null],
    });
    expect(pair).toMatchObject({ ids: [2, 7, 3, 8, 3], sequenceIds: [null, 0, null, 1, null] });
  });

  it('cuts nothing, and leaves special tokens out on request', async () => {
    const [text] = await predictor.tokenize(['rome '.repeat(30)], { addSpecialTokens: false });
    expect(text?.ids).toEqual(Array.from({ length: 30 }, () => 6));
    expect(text?.spans.at(-1)).toEqual([145, 149]);
  });

  it('refuses more tokens in one call than it may have', async () => {
    const limits = { maxCallTokens: 7 };
    await expect(predictor.tokenize(['rome', 'is big'], { limits })).resolves.toHaveLength(2);
    await expect(predictor.tokenize(['rome', 'is big', ''], { limits })).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
      details: { tokens: 9, maxTokens: 7 },
    });
  });

  it('refuses what is no text', async () => {
    await expect(predictor.tokenize(['a', 7])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs[1]' },
    });
  });
});

describe('Predictor.decode', () => {
  it('puts texts together, with special tokens or without', async () => {
    const ids = [[2, 6, 11, 7, 8, 12, 3], []];
    await expect(predictor.decode(ids)).resolves.toEqual(['[CLS] romeburg is big. [SEP]', '']);
    await expect(predictor.decode(ids, { skipSpecialTokens: true })).resolves.toEqual([
      'romeburg is big.',
      '',
    ]);
  });

  it.each([13, -1, 1.5, Number.NaN])('refuses the id %d, which is no token', async (id) => {
    await expect(predictor.decode([[5], [6, id]])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'ids[1][1]' },
    });
    await expect(predictor.decode([[id, 5]])).rejects.toMatchObject({
      message: `ids[0][0]: the model has no token ${id}.`,
    });
  });
});
