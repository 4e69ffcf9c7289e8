/** That the work of a call is counted before it is done, gives way to others, and ends when nobody waits for it. */
import type { TaskName } from '@pilotlight/model-format';
import { describe, expect, it, vi } from 'vitest';
import type { TokenRequest } from '../../../layers/engine/src/ports.ts';
import { fillMask } from '../../../layers/engine/src/tasks/fill-mask.ts';
import { CharacterTokenizer, manifestOf, predictorOf } from './fakes.ts';
import { predictorFor, WORDS } from './tasks/task-model.ts';

/** Counts what it is given to read. */
class CountingTokenizer extends CharacterTokenizer {
  readonly calls: number[] = [];

  override encode(requests: readonly TokenRequest[], options: { maxTokens: number }) {
    this.calls.push(requests.length);
    return super.encode(requests, options);
  }
}

/** Pieces of texts by which a large call is judged. */
const PIECES = 12;

/** A tokenizer, and the lengths of the texts that it was given. */
const reading = () => {
  const tokenizer = new CountingTokenizer();
  const read: number[] = [];
  vi.spyOn(tokenizer, 'encode').mockImplementation((requests, options) => {
    read.push(...requests.map(({ text }) => text.length));
    return CharacterTokenizer.prototype.encode.call(tokenizer, requests, options);
  });
  return { tokenizer, read };
};

describe('requests of a call', () => {
  it('are made only as far as the limits go, whatever labels and templates multiply', async () => {
    const tokenizer = new CountingTokenizer();
    const manifest = manifestOf({ task: 'zero-shot-classification', labels: ['no', 'entailment'] });
    const candidate_labels = Array.from({ length: 10_000 }, (_, i) => `label ${i}`);
    const parameters = { candidate_labels, hypothesis_template: `{}${'x'.repeat(990)}` };
    const limits = { maxInputTokens: 1000, maxCallTokens: 1000 };
    const memory = process.memoryUsage().heapUsed;
    const call = predictorOf({ manifest, tokenizer }).prepare(Array(256).fill('text'), parameters, {
      limits,
    });
    await expect(call).rejects.toMatchObject({ code: 'TOO_MANY_TOKENS', details: { maxCharacters: 16_000 } });
    expect(tokenizer.calls).toEqual([]);
    expect(process.memoryUsage().heapUsed - memory).toBeLessThan(50e6);
  });

  it('count as a token each at least, though they have no character', async () => {
    const tokenizer = new CountingTokenizer();
    const manifest = manifestOf({ task: 'text-ranking', labels: ['fits'] });
    const limits = { maxInputTokens: 1000, maxCallTokens: 1000 };
    const input = { query: '', texts: Array(1001).fill('') };
    await expect(predictorOf({ manifest, tokenizer }).prepare([input], {}, { limits })).rejects.toMatchObject(
      {
        code: 'TOO_MANY_TOKENS',
      },
    );
    expect(tokenizer.calls).toEqual([]);
  });

  it.each<[TaskName, unknown, object]>([
    ['text-ranking', { query: 'q', texts: ['ok', 'ok', 'x'.repeat(65)] }, { field: 'inputs.texts', item: 2 }],
    [
      'sentence-similarity',
      { source_sentence: 's', sentences: ['ok', 'x'.repeat(65)] },
      { field: 'inputs.sentences', item: 1 },
    ],
    [
      'sentence-similarity',
      { source_sentence: 'x'.repeat(65), sentences: ['ok'] },
      { field: 'inputs.source_sentence' },
    ],
    ['text-classification', 'x'.repeat(65), { field: 'inputs' }],
  ])('of %s that are too long are named by their place in the input', async (task, input, place) => {
    const tokenizer = new (class extends CharacterTokenizer {
      override encode(requests: readonly TokenRequest[], options: { maxTokens: number }) {
        return super.encode(
          requests.map(({ text, pair }) => ({ text: pair ?? text })),
          options,
        );
      }
    })();
    const predictor = predictorOf({ manifest: manifestOf({ task }), tokenizer });
    const error: { message: string; details: object } = await predictor.predict([input, input]).then(
      () => expect.unreachable(),
      (refused) => refused,
    );
    expect(error).toMatchObject({ code: 'INPUT_TOO_LONG' });
    expect(error.details).toEqual({ ...place, index: 0, tokens: 65, maxTokens: 64 });
    expect(error.message).toMatch(
      /^(Input 0|texts\[2\] of input 0|sentences\[1\] of input 0|The source_sentence of input 0) has 65 tokens; this model takes at most 64\. Shorten it\.$/,
    );
  });
});

describe('a text that is far too long', () => {
  const long = 'x'.repeat(200_000);
  it('is refused by its beginning, before others are read', async () => {
    const { tokenizer, read } = reading();
    const call = predictorOf({ tokenizer }).predict([long, long, long]);
    await expect(call).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      message: 'Input 0 has 40000 tokens or more; this model takes at most 64. Shorten it.',
      details: { field: 'inputs', index: 0, tokens: 40_000, maxTokens: 64 },
    });
    expect(read).toEqual([40_000]);
  });

  it('is one row of a file, whose others are answered', async () => {
    const { tokenizer, read } = reading();
    const { outcomes } = await predictorOf({ tokenizer }).predictEach(['a', long, 'b']);
    expect(outcomes).toMatchObject([
      { result: [{}, {}] },
      { error: { code: 'INPUT_TOO_LONG' } },
      { result: [{}, {}] },
    ]);
    expect(read.sort()).toEqual([1, 1, 40_000]);
  });

  it('is read in full where it is divided into windows or cut, unless the service takes less of it', async () => {
    const manifest = manifestOf({ task: 'token-classification' });
    const { tokenizer, read } = reading();
    const limits = { maxInputTokens: 32_768, maxCallTokens: 131_072 };
    const call = predictorOf({ manifest, tokenizer }).prepare([long], { stride: 0 }, { limits });
    await expect(call).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      details: { index: 0, tokens: 40_000, maxTokens: 32_768 },
    });
    expect(read.slice(PIECES)).toEqual([40_000]);
    const { tokens } = await predictorOf().predict([long], { truncate: true });
    expect(tokens).toMatchObject({ total: 64, truncated: 200_000 - 64 });
  });
});

describe('texts that are cut', () => {
  it('are read in groups, and no more of them once there are far more tokens than a few pieces had', async () => {
    const tokenizer = new CountingTokenizer();
    vi.spyOn(tokenizer, 'encode').mockResolvedValueOnce([]);
    const limits = { maxInputTokens: 131_072, maxCallTokens: 131_072 };
    const texts = Array(16).fill('x'.repeat(131_072));
    const call = predictorOf({ tokenizer }).predict(texts, { truncate: true }, { limits });
    await expect(call).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
      message: expect.stringContaining('have 1179648 tokens or more, those to be cut off among them'),
      details: { tokens: 9 * 131_072, maxTokens: 4 * 131_072 },
    });
    expect(tokenizer.calls).toEqual(Array(9).fill(1));
  });

  it('are refused by a few pieces of them where these have too many tokens for their characters', async () => {
    const { tokenizer, read } = reading();
    const limits = { maxInputTokens: 131_072, maxCallTokens: 131_072 };
    const texts = Array.from({ length: 478 }, (_, i) => 'x'.repeat(i % 2 === 0 ? 1_500 : 700));
    const call = predictorOf({ tokenizer }).predict(texts, { truncate: true }, { limits });
    await expect(call).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
      message: expect.stringMatching(/^The texts of one call have about 525800 tokens, those to be cut off/),
      details: { tokens: 525_800, maxTokens: 4 * 131_072 },
    });
    expect(read).toHaveLength(PIECES);
    expect(Math.max(...read)).toBeLessThanOrEqual(1_000);
  });

  it('are refused by a few pieces where the model reads all of them, and they are a quarter more than it may', async () => {
    const manifest = manifestOf({ task: 'token-classification' });
    const limits = { maxInputTokens: 131_072, maxCallTokens: 131_072 };
    const ask = (characters: number) => {
      const { tokenizer, read } = reading();
      const texts = Array(2).fill('x'.repeat(characters));
      return { read, call: predictorOf({ manifest, tokenizer }).prepare(texts, { stride: 0 }, { limits }) };
    };
    const many = ask(81_930);
    await expect(many.call).rejects.toMatchObject({
      code: 'TOO_MANY_TOKENS',
      message: expect.stringMatching(
        /^The texts of one call have about 163860 tokens; at most 131072 are taken/,
      ),
      details: { tokens: 163_860, maxTokens: 131_072 },
    });
    expect(many.read).toHaveLength(PIECES);
    const fewer = ask(81_900);
    await fewer.call;
    expect(fewer.read.length).toBeGreaterThan(PIECES);
  });

  it('are read in full where a few pieces of them are no reason to refuse them', async () => {
    const tokenizer = new CountingTokenizer();
    const limits = { maxInputTokens: 131_072, maxCallTokens: 131_072 };
    const texts = Array(4).fill('x'.repeat(131_072));
    const { tokens } = await predictorOf({ tokenizer }).predict(texts, { truncate: true }, { limits });
    expect(tokens).toMatchObject({ total: 4 * 64, truncated: 4 * (131_072 - 64) });
    expect(tokenizer.calls).toEqual([PIECES, 1, 1, 1, 1]);
  });

  it('are refused by a few pieces of them where they are only to be tokenised', async () => {
    const { tokenizer, read } = reading();
    const texts = Array(256).fill('x'.repeat(7_000));
    const call = predictorOf({ tokenizer }).tokenize(texts, { limits: { maxCallTokens: 131_072 } });
    await expect(call).rejects.toMatchObject({ code: 'TOO_MANY_TOKENS' });
    expect(read).toHaveLength(PIECES);
  });

  it('are not read any more once nobody waits', async () => {
    const abort = new AbortController();
    const tokenizer = new CountingTokenizer();
    const encode = vi.spyOn(tokenizer, 'encode').mockImplementationOnce((requests, options) => {
      abort.abort(new Error('gone'));
      return CharacterTokenizer.prototype.encode.call(tokenizer, requests, options);
    });
    const texts = Array(8).fill('x'.repeat(131_072));
    const call = predictorOf({ tokenizer }).predict(texts, { truncate: true }, { signal: abort.signal });
    await expect(call).rejects.toThrow('gone');
    expect(encode).toHaveBeenCalledTimes(1);
  });
});

describe('targets of fill-mask', () => {
  it('are tokenised once for all inputs of a call', async () => {
    const textsToIds = vi.fn(async (texts: readonly string[]) => texts.map(() => [5]));
    const tokenToId = (token: string) => ({ '[MASK]': 4, is: 7 })[token];
    const vocabulary = { textsToIds, tokenToId, idToToken: () => '', decode: async () => '' };
    const { textProcessing } = manifestOf();
    const context = { labels: [], textProcessing, vocabulary, giveWay: async () => {} };
    const encoding = { ids: [2, 4, 3], typeIds: [0, 0, 0], untruncatedLength: 3 };
    const logits = { dims: [1, WORDS.length], data: Float32Array.from(WORDS, (_, i) => i) };
    const parameters = fillMask.parameters.parse({ targets: ['Paris', 'PARIS', 'is'] });
    for (let input = 0; input < 64; input++) {
      const windows = [[{ encoding, outputs: { logits } }]];
      const result = await fillMask.result('[MASK]', windows, parameters, context);
      expect(result).toMatchObject([{ token: 7 }, { token: 5 }]);
    }
    expect(textsToIds.mock.calls).toEqual([[['Paris', 'PARIS']]]);
  });
});

describe('results', () => {
  const labels = ['O', ...Array.from({ length: 40 }, (_, i) => [`B-t${i}`, `I-t${i}`]).flat()];
  const graph = (ids: readonly number[]) => ({
    logits: ids.map((id, token) => labels.map((_, label) => Math.sin(label * 31 + token * 7 + id))),
  });
  const long = 'paris '.repeat(6_000);
  const model = {
    task: 'token-classification',
    graph,
    labels,
    maxTokens: 10_000,
    tokenBudget: 10_000,
  } as const;

  it.each(['argmax', 'constrained'])(
    'of long texts give way to others while they are made, by %s',
    async (decoding) => {
      const { predictor } = await predictorFor(model);
      const prepared = await predictor.prepare([long], { decoding, aggregation_strategy: 'average' });
      let turns = 0;
      const counting = setInterval(() => {
        turns += 1;
      }, 1);
      const { timings } = await prepared.run();
      clearInterval(counting);
      expect(turns).toBeGreaterThan(timings.postprocessMs / 50);
    },
  );

  it('are not made any more once nobody waits', async () => {
    const { predictor } = await predictorFor(model);
    const prepared = await predictor.prepare([long, long], { decoding: 'constrained' });
    const abort = new AbortController();
    const reason = new Error('gone');
    const run = prepared.run({ signal: abort.signal });
    const others = vi.fn(() => abort.abort(reason));
    setTimeout(others, 1);
    await expect(run).rejects.toBe(reason);
    expect(others).toHaveBeenCalledOnce();
  });
});
