import { describe, expect, it } from 'vitest';
import type { BatchRecord } from '../../../layers/engine/src/batching/batching-settings.ts';
import type { Feeds, Outputs } from '../../../layers/engine/src/ports.ts';
import type { PredictorDependencies } from '../../../layers/engine/src/predict/predictor.ts';
import { EngineError } from '../../../model-assets/format/src/errors.ts';
import { predictorOf, SummingSession } from './fakes.ts';

const first = { top_k: 1, function_to_apply: 'none' };

/** Can not be run on a batch that has `!` in it. */
class DelicateSession extends SummingSession {
  override async run(feeds: Feeds): Promise<Outputs> {
    const outputs = await super.run(feeds);
    if (feeds.input_ids?.data.some((id) => Number(id) === '!'.charCodeAt(0))) {
      throw new EngineError('SESSION_FAILED', 'The model could not be run on this input.');
    }
    return outputs;
  }
}

function dynamic(limits: PredictorDependencies['batching']['limits'] = {}, session = new SummingSession()) {
  const batches: BatchRecord[] = [];
  const onBatch = (batch: BatchRecord) => void batches.push(batch);
  const predictor = predictorOf({
    session,
    batching: { kind: 'dynamic', limits, shortLaneTokens: 0, onBatch },
  });
  return { predictor, session, batches };
}

/** Holds back the batch that runs next. */
function hold(session: SummingSession): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  session.gate = promise;
  return resolve;
}

const settled = (ms = 20) => new Promise((done) => setTimeout(done, ms));

describe('a session of short texts', () => {
  function withLane() {
    const [session, shortSession] = [new SummingSession(), new SummingSession()];
    const batching = { kind: 'dynamic', limits: {}, shortLaneTokens: 4, onBatch: () => {} } as const;
    return { predictor: predictorOf({ session, shortSession, batching }), session, shortSession };
  }

  it('runs a short text while the other one is busy with a long one, and long ones wait', async () => {
    const { predictor, session, shortSession } = withLane();
    const release = hold(session);
    const long = predictor.predict('a long text', first);
    const waits = predictor.predict('another one', first);
    await expect(predictor.predict('dddd', first)).resolves.toMatchObject({
      results: [[{ label: 'even', score: 400 }]],
    });
    expect(predictor.queued).toBe(1);
    release();
    await Promise.all([long, waits]);
    expect([session.runs, shortSession.runs]).toEqual([2, 1]);
  });

  it('runs every short text, and no long one, while nobody waits for long', async () => {
    const { predictor, session, shortSession } = withLane();
    for (const text of ['a', 'bb', 'a long text']) await predictor.predict(text, first);
    const release = hold(shortSession);
    const both = [predictor.predict('a', first), predictor.predict('another long text', first)];
    await both[1];
    release();
    await Promise.all(both);
    expect([session.runs, shortSession.runs]).toEqual([2, 3]);
  });

  it('takes the short ones among the texts of one call', async () => {
    const { predictor, session, shortSession } = withLane();
    const release = hold(session);
    const long = predictor.predict('a long text', first);
    const mixed = predictor.predict(['a', 'another one', 'b'], first);
    await settled();
    expect([predictor.queued, shortSession.runs]).toEqual([1, 1]);
    release();
    await long;
    expect((await mixed).results).toMatchObject([[{ score: 97 }], [{}], [{ score: 98 }]]);
  });

  it('rests while anything has waited for half a second, so that long texts do not wait for ever', async () => {
    const { predictor, session, shortSession } = withLane();
    const release = hold(session);
    const long = [predictor.predict('a long text', first), predictor.predict('another one', first)];
    await settled(520);
    const short = predictor.predict('a', first);
    await settled();
    expect(shortSession.runs).toBe(0);
    release();
    await Promise.all([...long, short]);
    expect(shortSession.runs).toBe(0);
  });

  it('makes its predictor unusable once it has ended, and ends with it', async () => {
    const { predictor, shortSession } = withLane();
    expect(predictor.usable).toBe(true);
    shortSession.ended = true;
    expect(predictor.usable).toBe(false);
    shortSession.ended = false;
    await predictor.dispose();
    expect(shortSession.ended).toBe(true);
  });
});

describe('dynamic batching', () => {
  it('merges what arrives while a batch runs into one, whoever asked for it, and answers each its own', async () => {
    const { predictor, session, batches } = dynamic();
    const release = hold(session);
    const calls = ['a', 'bb', 'ccc', 'dddd'].map((text) => predictor.predict(text, first));
    await settled();
    expect(predictor.queued).toBe(3);
    release();
    const answers = await Promise.all(calls);
    expect(answers.map(({ results }) => results)).toEqual([
      [[{ label: 'odd', score: 97 }]],
      [[{ label: 'even', score: 196 }]],
      [[{ label: 'odd', score: 297 }]],
      [[{ label: 'even', score: 400 }]],
    ]);
    expect(batches).toEqual([
      { model: 'parity', version: '1.0.0', size: 1, tokens: 4, lengths: [1] },
      { model: 'parity', version: '1.0.0', size: 3, tokens: 12, lengths: [2, 3, 4] },
    ]);
    expect(predictor.queued).toBe(0);
  });

  it('says how many tokens a batch may have: what the limits say, or what the model was tuned to', () => {
    expect(dynamic({ maxBatchTokens: 300 }).predictor.maxBatchTokens).toBe(300);
    expect(dynamic().predictor.maxBatchTokens).toBe(64);
    expect(predictorOf().maxBatchTokens).toBe(64);
  });

  it('counts as padding of a call what was read beside its own tokens', async () => {
    const { predictor, session } = dynamic();
    const release = hold(session);
    const calls = ['a', 'bb', 'dddd'].map((text) => predictor.predict(text, first));
    await settled();
    release();
    const answers = await Promise.all(calls);
    expect(answers.map(({ tokens }) => [tokens.total, tokens.padded])).toEqual([
      [1, 3],
      [2, 2],
      [4, 0],
    ]);
  });

  it('tells a call how many batches it was in, and how large the largest was', async () => {
    const { predictor, session } = dynamic({ maxBatchRequests: 2 });
    const release = hold(session);
    const first = predictor.predict('a');
    const second = predictor.predict(['bb', 'dd', 'eeee']);
    await settled();
    release();
    const [{ batches: one }, { batches: two }] = await Promise.all([first, second]);
    expect(one).toEqual({ count: 1, size: 1, tokens: 4 });
    expect(two).toEqual({ count: 2, size: 2, tokens: 8 });
  });

  it('fails only the call that the model cannot be run on', async () => {
    const { predictor, session } = dynamic({}, new DelicateSession());
    const release = hold(session);
    const calls = ['a', 'bb', 'c!', 'dd'].map((text) => predictor.predict(text, first));
    await settled();
    release();
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'SESSION_FAILED' } });
  });

  it('refuses only the input that the model cannot be run on where each is answered by itself', async () => {
    const { predictor } = dynamic({}, new DelicateSession());
    const { outcomes } = await predictor.predictEach(['a', 'c!', 'dd'], first);
    expect(outcomes).toMatchObject([
      { result: [{ label: 'odd' }] },
      { error: { code: 'SESSION_FAILED' } },
      { result: [{ label: 'even' }] },
    ]);
  });

  it('does not run what nobody waits for any more', async () => {
    const { predictor, session, batches } = dynamic();
    const release = hold(session);
    const leaving = new AbortController();
    const stays = predictor.predict('a', first);
    const leaves = predictor.predict('bb', first, { signal: leaving.signal });
    await settled();
    leaving.abort();
    await expect(leaves).rejects.toThrow(/abort/i);
    release();
    await stays;
    await predictor.predict('c', first);
    expect(batches.map(({ size, tokens }) => [size, tokens])).toEqual([
      [1, 4],
      [1, 4],
    ]);
  });

  it('refuses as overloaded what no batch took in time', async () => {
    const { predictor, session } = dynamic({ maxQueueMs: 30 });
    const release = hold(session);
    const runs = predictor.predict('a', first);
    const waits = predictor.predict('b', first);
    const refused = expect(waits).rejects.toMatchObject({
      code: 'OVERLOADED',
      details: { maxQueueMs: 30 },
    });
    await settled(60);
    release();
    await refused;
    await expect(runs).resolves.toMatchObject({ results: [[{ label: 'odd' }]] });
  });

  it('fails everything that waits once the session is gone', async () => {
    const session = new SummingSession();
    session.run = () => {
      session.ended = true;
      return Promise.reject(new EngineError('SESSION_FAILED', 'The session died.'));
    };
    const { predictor } = dynamic({ maxBatchRequests: 1 }, session);
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((text) => predictor.predict(text, first)));
    expect(outcomes).toMatchObject(['a', 'b', 'c'].map(() => ({ reason: { code: 'SESSION_FAILED' } })));
  });

  /** A call of twelve texts that nobody waits for, two of them in a batch that is held back. */
  function inBackground(limits: PredictorDependencies['batching']['limits'] = {}) {
    const { predictor, session, batches } = dynamic({ maxBatchRequests: 2, ...limits });
    const release = hold(session);
    const job = predictor.predict(
      [...'abcdefghijkl'].map((letter) => `jo${letter}`),
      first,
      { background: true },
    );
    return { predictor, batches, release, job };
  }

  it('runs what somebody waits for before the rest of a call that nobody does', async () => {
    const { predictor, batches, release, job } = inBackground();
    await settled();
    const calls = ['a', 'bb'].map((text) => predictor.predict(text, first));
    await settled();
    release();
    await Promise.all([job, ...calls]);
    expect(batches.map(({ lengths }) => lengths)).toEqual([[3, 3], [1, 2], ...Array(5).fill([3, 3])]);
  });

  it('refuses nothing that nobody waits for, however long no batch is free', async () => {
    const { predictor, release, job } = inBackground({ maxQueueMs: 30 });
    const later = predictor.predict('a', first, { background: true });
    await settled(60);
    release();
    expect((await job).results).toHaveLength(12);
    expect((await later).results).toMatchObject([[{ label: 'odd' }]]);
  });

  it('runs tensors of a caller between batches', async () => {
    const { predictor } = dynamic();
    const data = BigInt64Array.from([97n, 98n]);
    const tensors = {
      input_ids: { dims: [1, 2], data },
      attention_mask: { dims: [1, 2], data: new BigInt64Array([1n, 1n]) },
    };
    const [{ outputs }] = await Promise.all([predictor.run(tensors), predictor.predict('a', first)]);
    expect([...(outputs.logits?.data ?? [])]).toEqual([-195, 195]);
  });

  it('answers a call of no inputs at once', async () => {
    const { predictor, session } = dynamic();
    expect((await predictor.predict([], first)).results).toEqual([]);
    expect(session.runs).toBe(0);
  });
});
