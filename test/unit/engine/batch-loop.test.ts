import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TokenQueue } from '../../../layers/engine/src/batching/token-queue.ts';
import type { Feeds, Outputs } from '../../../layers/engine/src/ports.ts';
import { EngineError } from '../../../model-assets/format/src/errors.ts';
import { manifestOf, predictorOf, SummingSession } from './fakes.ts';

const first = { top_k: 1, function_to_apply: 'none' };
const dynamic = { kind: 'dynamic', limits: {}, shortLaneTokens: 0, onBatch: () => {} } as const;
const turns = { ...dynamic, kind: 'turns' } as const;

/** The order in which runs begin, each by the ids of its first row. */
class RecordingSession extends SummingSession {
  readonly order: string[] = [];

  override run(feeds: Feeds): Promise<Outputs> {
    const [, tokens = 0] = feeds.input_ids?.dims ?? [];
    const ids = [...(feeds.input_ids?.data.subarray(0, tokens) ?? [])];
    this.order.push(String.fromCharCode(...ids.map(Number)));
    return super.run(feeds);
  }
}

describe.each([
  { name: 'planned batches', batching: turns },
  { name: 'shared batches', batching: { ...dynamic, limits: { maxBatchRequests: 1 } } },
])('the batch loop with $name', ({ batching }) => {
  it('lets a call that arrives over the network in before the batches of a long one are over', async () => {
    const session = new RecordingSession();
    const predictor = predictorOf({ session, batching });
    // Each is a batch of its own: a budget of 64 tokens has no room for two of 40.
    const long = predictor.predict(
      ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(40)),
      first,
    );
    await setImmediate();
    const runsBefore = session.runs;
    const late = predictor.predict('z'.repeat(40), first);
    await Promise.all([long, late]);
    expect(runsBefore).toBeLessThan(4);
    expect(session.order).toHaveLength(5);
  });

  it('tells every caller of a batch that no tensors can be made of, and runs what comes after', async () => {
    const manifest = manifestOf();
    const predictor = predictorOf({ manifest, batching });
    const [input] = manifest.variants.int8?.graphs.model.inputs ?? [];
    let failures = 1;
    Object.defineProperty(input, 'role', {
      get: () => {
        if (failures-- > 0) throw new RangeError('Array buffer allocation failed');
        return 'input_ids';
      },
    });
    await expect(predictor.predict('a', first)).rejects.toThrow('allocation failed');
    await expect(predictor.predict('b', first)).resolves.toMatchObject({ results: [[{ score: 98 }]] });
  });

  it('counts the padding of a text even where the model cannot be run on an input', async () => {
    class Failing extends SummingSession {
      override run(): Promise<Outputs> {
        return Promise.reject(new EngineError('SESSION_FAILED', 'It cannot be run.'));
      }
    }
    const { outcomes, tokens } = await predictorOf({ session: new Failing(), batching }).predictEach(['abc']);
    expect(outcomes).toMatchObject([{ error: { code: 'SESSION_FAILED' } }]);
    expect(tokens).toMatchObject({ total: 3, padded: 1 });
  });
});

describe('planned batches', () => {
  it('run in turns: a call that arrives goes between two batches of a call that has begun', async () => {
    const session = new RecordingSession();
    const predictor = predictorOf({ session, batching: turns });
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(40));
    await Promise.all([predictor.predict(texts, first), predictor.predict('z'.repeat(40), first)]);
    expect(session.order.map((ids) => ids[0]).join('')).toBe('azbc');
  });

  it('count as queued until they run, and no longer once nobody waits for them', async () => {
    const session = new SummingSession();
    const { promise, resolve } = Promise.withResolvers<void>();
    session.gate = promise;
    const predictor = predictorOf({ session, batching: turns });
    const leaving = new AbortController();
    const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(40));
    const call = predictor.predict(texts, first, { signal: leaving.signal });
    await setImmediate();
    expect(predictor.queued).toBe(2);
    leaving.abort(new TypeError('gone'));
    await expect(call).rejects.toThrow('gone');
    expect(predictor.queued).toBe(0);
    resolve();
    await setImmediate();
    expect(session.runs).toBe(1);
  });
});

describe('the bounds of a lane', () => {
  it('give an entry of exactly the length between two lanes to the lane of short ones alone', () => {
    const queueOf = (tokens: number) => {
      const queue = new TokenQueue({ maxBatchTokens: 64, maxBatchRequests: 8, maxQueueMs: 1000 });
      queue.push([{ tokens, call: { arrivedAt: 0, begun: false, over: false, background: false } }]);
      return queue;
    };
    expect(queueOf(32).take(0, { above: 32 }).batch).toHaveLength(0);
    expect(queueOf(32).take(0, { most: 32 }).batch).toHaveLength(1);
    expect(queueOf(33).take(0, { above: 32 }).batch).toHaveLength(1);
    expect(queueOf(33).take(0, { most: 32 }).batch).toHaveLength(0);
  });
});
