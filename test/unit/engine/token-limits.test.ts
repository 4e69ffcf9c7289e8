import { describe, expect, it } from 'vitest';
import { refuseMoreTokens } from '../../../layers/engine/src/batching/token-limits.ts';
import { CharacterTokenizer, manifestOf, predictorOf, SummingSession } from './fakes.ts';

describe('limits of the tokens of a call', () => {
  it('refuse one input above them before anything runs, with both numbers', async () => {
    const session = new SummingSession();
    const limits = { maxInputTokens: 5 };
    await expect(predictorOf({ session }).predict(['ok', 'sixsix'], {}, { limits })).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      details: { field: 'inputs', index: 1, tokens: 6, maxTokens: 5 },
    });
    expect(session.runs).toBe(0);
  });

  it('refuse many inputs that are too long together', async () => {
    const limits = { maxInputTokens: 5, maxCallTokens: 9 };
    await expect(predictorOf().predict(['aaaaa', 'bbbbb'], {}, { limits })).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
      details: { tokens: 10, maxTokens: 9 },
    });
    const { results } = await predictorOf().predict(['aaaaa', 'bbbb'], {}, { limits });
    expect(results).toHaveLength(2);
  });

  it('name the field that holds the tokens', () => {
    expect(() => refuseMoreTokens([5, 4], { maxCallTokens: 9 }, { field: 'ids' })).not.toThrow();
    expect(() => refuseMoreTokens([5, 5], { maxCallTokens: 9 }, { field: 'ids' })).toThrow(
      expect.objectContaining({
        code: 'TOO_MANY_TOKENS',
        message: '10 tokens in one call; at most 9 are taken. Send fewer ids, or shorter ones.',
        details: { field: 'ids', tokens: 10, maxTokens: 9 },
      }),
    );
  });
});

describe('the limit of the work of a call', () => {
  const { int8 } = manifestOf().variants;
  const costing = (inferMsPerToken: number) =>
    manifestOf({ variants: int8 ? { int8: { ...int8, inferMsPerToken } } : {} });

  it('refuses what would take longer, by the tokens without padding, with estimate and limit', async () => {
    const session = new SummingSession();
    const predictor = predictorOf({ session, manifest: costing(10) });
    const limits = { maxInferMs: 80 };
    await expect(predictor.predict(['aaaaaaa', 'bb'], {}, { limits })).rejects.toMatchObject({
      code: 'TOO_MUCH_WORK',
      message: expect.stringContaining('9 tokens would take the model about 90 ms; calls of up to 80 ms'),
      details: { field: 'inputs', tokens: 9, estimatedMs: 90, maxInferMs: 80 },
    });
    expect(session.runs).toBe(0);
    const { results } = await predictor.predict(['aaaaaaa', 'b'], {}, { limits });
    expect(results).toHaveLength(2);
  });

  it('is of all windows and inputs that are run, and not of those that are refused', async () => {
    const predictor = predictorOf({ manifest: costing(10) });
    const limits = { maxInferMs: 80 };
    const tooLong = 'c'.repeat(65);
    const { outcomes } = await predictor.predictEach(['aaaa', tooLong, 'bbbb'], {}, { limits });
    expect(outcomes).toMatchObject([
      { result: [{}, {}] },
      { error: { code: 'INPUT_TOO_LONG' } },
      { result: [{}, {}] },
    ]);
  });

  it('refuses nothing of a model that does not say what a token costs', async () => {
    const { results } = await predictorOf().predict('aaaaaaa', {}, { limits: { maxInferMs: 1 } });
    expect(results).toHaveLength(1);
  });
});

describe('characters far above the limits of tokens', () => {
  const unread = { encode: () => Promise.reject(new TypeError('was tokenised')) };
  const tokenizer = Object.assign(new CharacterTokenizer(), unread);

  it('refuse one input before it is tokenised, with both numbers', async () => {
    const prediction = predictorOf({ tokenizer }).predict(
      ['ok', 'a'.repeat(41)],
      {},
      { limits: { maxInputTokens: 5 } },
    );
    await expect(prediction).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      message: expect.stringContaining('41 characters; this service takes at most 40'),
      details: { field: 'inputs', index: 1, characters: 41, maxCharacters: 40 },
    });
  });

  it('refuse many inputs that are too long together', async () => {
    const limits = { maxInputTokens: 9, maxCallTokens: 9 };
    const texts = ['a'.repeat(72), 'b'.repeat(72)];
    await expect(predictorOf({ tokenizer }).predict([...texts, 'c'], {}, { limits })).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
      details: { characters: 160, maxCharacters: 144 },
    });
    await expect(predictorOf({ tokenizer }).predict(texts, {}, { limits })).rejects.toThrow('was tokenised');
  });
});

describe('Predictor.run', () => {
  it('gives the outputs of the graph for tensors of the caller', async () => {
    const ones = { dims: [1, 2], data: BigInt64Array.of(1n, 1n) };
    const input_ids = { dims: [1, 2], data: BigInt64Array.of(97n, 3n) };
    const { outputs } = await predictorOf().run({ input_ids, attention_mask: ones });
    expect(outputs.logits?.dims).toEqual([1, 2]);
  });

  it('is refused once the model is unloaded', async () => {
    const predictor = predictorOf();
    await predictor.dispose();
    await expect(predictor.run({})).rejects.toMatchObject({ code: 'PREDICTOR_DISPOSED' });
  });
});

describe('a refusal of too many tokens', () => {
  const encoded = [2, 7];

  it('names the input that the request is for, with its tokens and the limit', () => {
    expect(() => refuseMoreTokens(encoded, { maxInputTokens: 7, maxCallTokens: 9 })).not.toThrow();
    expect(() => refuseMoreTokens(encoded, { maxInputTokens: 6 })).toThrow(/Input 1 .*7 tokens.* 6 /);
    expect(() => refuseMoreTokens(encoded, { maxInputTokens: 6 }, { inputOf: [4, 5] })).toThrow(
      /Input 5 .*7 tokens.* 6 /,
    );
    expect(() => refuseMoreTokens(encoded, { maxInputTokens: 6 }, { inputOf: [4] })).toThrow(/Input 1 /);
  });

  it('of a call says how many there are and how many are taken', () => {
    expect(() => refuseMoreTokens(encoded, { maxCallTokens: 8 })).toThrow(
      expect.objectContaining({
        code: 'TOO_MANY_TOKENS',
        message: expect.stringMatching(/^9 tokens .* 8 /),
        details: { field: 'inputs', tokens: 9, maxTokens: 8 },
      }),
    );
  });
});
