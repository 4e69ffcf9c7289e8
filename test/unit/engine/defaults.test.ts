/** The numbers that hold where a caller says nothing, as the documents and docstrings give them. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { PendingCall } from '../../../layers/engine/src/batching/pending-call.ts';
import { SharedSource } from '../../../layers/engine/src/batching/shared-source.ts';
import { DEFAULT_QUEUE_LIMITS } from '../../../layers/engine/src/batching/token-queue.ts';
import { predictorSettings } from '../../../layers/engine/src/load/options.ts';
import { MINIMUM_GOLDENS } from '../../../layers/engine/src/predict/goldens/golden.ts';
import { DEFAULT_TRANSFER } from '../../../layers/engine/src/store/s3/transfer.ts';
import { fillMask } from '../../../layers/engine/src/tasks/fill-mask.ts';
import { questionAnswering } from '../../../layers/engine/src/tasks/question-answering.ts';
import { textRanking } from '../../../layers/engine/src/tasks/text-ranking.ts';
import { zeroShotClassification } from '../../../layers/engine/src/tasks/zero-shot-classification.ts';

describe('an engine that is told nothing but its packages', () => {
  const cores = availableParallelism();

  it('runs on the CPU with a thread for each core, and takes 512 predictions of a model at once', () => {
    expect(predictorSettings({ packages: 'models' })).toEqual({
      variant: undefined,
      executionProvider: 'cpu',
      intraOpThreads: cores,
      allowSpinning: true,
      maxQueuedRequests: 512,
      parallelSessions: 0,
      readings: false,
      batching: { kind: 'turns', limits: {}, shortLaneTokens: 0, onBatch: expect.any(Function) },
      packing: { when: 'first', afterRuns: 16 },
      archives: {},
      generation: { where: 'inline', slots: 16, cacheBytes: expect.any(Number), prefixBytes: 0 },
    });
  });

  it('generates in a thread where sessions have one, and takes a quarter of the memory for it, at most 1 GiB', () => {
    const { where, cacheBytes } = predictorSettings({ packages: 'models', sessions: 'worker' }).generation;
    expect(where).toBe('worker');
    expect(cacheBytes).toBeGreaterThan(0);
    expect(cacheBytes).toBeLessThanOrEqual(Math.min(2 ** 30, process.availableMemory() / 3));
    const given = {
      packages: 'models',
      generationSlots: 3,
      generationCacheBytes: 5000,
      generationPrefixBytes: 700,
    };
    const expected = { where: 'inline', slots: 3, cacheBytes: 5000, prefixBytes: 700 };
    expect(predictorSettings(given).generation).toEqual(expected);
  });

  it('has at least one thread, and no more than there are cores', () => {
    const threads = (intraOpThreads: number) =>
      predictorSettings({ packages: 'models', intraOpThreads }).intraOpThreads;
    expect([threads(0), threads(1), threads(cores + 1)]).toEqual([1, 1, cores]);
  });

  it('does not let threads spin where calls share batches, unless it is told to', () => {
    const shared = { packages: 'models', batching: 'dynamic' } as const;
    expect(predictorSettings(shared).allowSpinning).toBe(false);
    expect(predictorSettings({ ...shared, allowSpinning: true }).allowSpinning).toBe(true);
    expect(predictorSettings({ packages: 'models', allowSpinning: false }).allowSpinning).toBe(false);
  });

  it('lets those of the session of all threads spin where others run the batches', () => {
    const shared = { packages: 'models', batching: 'dynamic', parallelSessions: 2 } as const;
    expect(predictorSettings(shared)).toMatchObject({ allowSpinning: true, parallelSessions: 2 });
    expect(predictorSettings({ ...shared, parallelSessions: 1 }).allowSpinning).toBe(false);
    expect(predictorSettings({ ...shared, allowSpinning: false }).allowSpinning).toBe(false);
  });
});

it('a shared batch has 64 entries at most, and a call waits 30 seconds for it', () => {
  expect(DEFAULT_QUEUE_LIMITS).toEqual({ maxBatchRequests: 64, maxQueueMs: 30_000 });
});

it('a transfer asks for parts of 4 MiB, 16 at once and 24 in memory, and gives up after 6 attempts of 5 seconds', () => {
  expect(DEFAULT_TRANSFER).toEqual({
    partBytes: 4_194_304,
    parallelism: 16,
    maxPartsInMemory: 24,
    attempts: 6,
    backoffMs: 100,
    maxBackoffMs: 2000,
    stallMs: 5000,
  });
});

it('a package has 32 goldens at least', () => {
  expect(MINIMUM_GOLDENS).toBe(32);
});

describe('the lanes of shared batches', () => {
  const MAX_QUEUE_MS = 30_000;
  const open = () => {
    const source = new SharedSource(
      { maxBatchTokens: 128, maxBatchRequests: 8, maxQueueMs: MAX_QUEUE_MS },
      32,
    );
    const call = new PendingCall(2, { deliver: () => {}, refuse: () => {} });
    const encoding = { ids: [], typeIds: [], untruncatedLength: 0 };
    source.push([32, 33].map((tokens, place) => ({ tokens, call, place, encoding })));
    return { source, call };
  };
  const lengths = (batch: readonly { readonly tokens: number }[]) => batch.map(({ tokens }) => tokens);

  it('each take their own texts until a call has waited for half a second', () => {
    for (const [lane, others, length] of [
      ['short', 'long', 32],
      ['long', 'short', 33],
    ] as const) {
      const { source, call } = open();
      expect([source.size, source.full, source.maxBatchTokens]).toEqual([2, false, 128]);
      expect(lengths(source.take(call.arrivedAt + 499.9, { lengths: lane }))).toEqual([length]);
      expect(source.take(call.arrivedAt + 499.9, { lengths: lane })).toEqual([]);
      expect(source.take(call.arrivedAt + 499.9, { lengths: others })).toHaveLength(1);
    }
  });

  it('are one, of long and short texts in the order of arrival, once a call has waited for longer', () => {
    const { source, call } = open();
    expect(source.take(call.arrivedAt + 500.1, { lengths: 'short' })).toEqual([]);
    expect(lengths(source.take(call.arrivedAt + 500.1, { lengths: 'long' }))).toEqual([32, 33]);
  });

  it('refuse a call that no batch has taken within its time, and say for how long it waited', async () => {
    const { source, call } = open();
    expect(source.size).toBe(2);
    expect(source.take(call.arrivedAt + MAX_QUEUE_MS + 1, { lengths: 'all' })).toEqual([]);
    await expect(call.report).rejects.toMatchObject({
      code: 'OVERLOADED',
      message: expect.stringContaining('30000 ms'),
      details: { maxQueueMs: 30_000 },
    });
    expect(source.size).toBe(0);
  });
});

describe('the parameters of a task', () => {
  it('of question answering are one answer of 15 tokens from windows of 384 that share 128', () => {
    const { parameters } = questionAnswering;
    expect(parameters.parse({})).toEqual({
      truncate: false,
      top_k: 1,
      doc_stride: 128,
      max_answer_len: 15,
      max_seq_len: 384,
      handle_impossible_answer: false,
      align_to_words: true,
      offset_unit: expect.any(String),
    });
    const takes = (given: object) => parameters.safeParse(given).success;
    expect([takes({ top_k: 1000 }), takes({ top_k: 1001 }), takes({ top_k: 0 })]).toEqual([
      true,
      false,
      false,
    ]);
    expect([takes({ max_seq_len: 16 }), takes({ max_seq_len: 15 })]).toEqual([true, false]);
    expect([takes({ doc_stride: 0 }), takes({ doc_stride: -1 })]).toEqual([true, false]);
    expect([takes({ max_answer_len: 1 }), takes({ max_answer_len: 0 })]).toEqual([true, false]);
    expect([takes({ max_question_len: 1 }), takes({ max_question_len: 0 })]).toEqual([true, false]);
    expect(takes({ more: 1 })).toBe(false);
  });

  it('of filling masks are five tokens, or those of at most 1000 targets', () => {
    const { parameters } = fillMask;
    expect(parameters.parse({})).toEqual({ truncate: false, top_k: 5 });
    const takes = (targets: unknown) => parameters.safeParse({ targets }).success;
    expect([takes('a'), takes(''), takes(['a']), takes([]), takes(['a', ''])]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect([takes(Array(1000).fill('a')), takes(Array(1001).fill('a'))]).toEqual([true, false]);
  });

  it('of ranking are all texts by scores, and none of their words', () => {
    expect(textRanking.parameters.parse({})).toEqual({
      truncate: false,
      raw_scores: false,
      return_text: false,
    });
  });

  it('of zero-shot classification are one label at a time in a sentence of at most 1000 characters', () => {
    const { parameters } = zeroShotClassification;
    expect(parameters.parse({ candidate_labels: ' a, b ,,c' })).toEqual({
      truncate: false,
      candidate_labels: ['a', 'b', 'c'],
      multi_label: false,
      hypothesis_template: 'This example is {}.',
    });
    const takes = (hypothesis_template: string) =>
      parameters.safeParse({ candidate_labels: ['a'], hypothesis_template }).success;
    expect([takes('{}'), takes('none'), takes('{} {}')]).toEqual([true, false, false]);
    expect([takes(`{}${'a'.repeat(998)}`), takes(`{}${'a'.repeat(999)}`)]).toEqual([true, false]);
    for (const candidate_labels of [[], ['a', ' '], ['a', 'a'], ',', undefined])
      expect(parameters.safeParse({ candidate_labels }).success).toBe(false);
  });
});
