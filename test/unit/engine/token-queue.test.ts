import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type QueueEntry,
  type QueueLimits,
  TokenQueue,
} from '../../../layers/engine/src/batching/token-queue.ts';

interface Call {
  readonly arrivedAt: number;
  begun: boolean;
  over: boolean;
  readonly background: boolean;
}

interface Entry extends QueueEntry {
  readonly id: number;
  readonly call: Call;
}

const tokens = fc.integer({ min: 1, max: 512 });
const limits = fc.record<QueueLimits>({
  maxBatchTokens: fc.integer({ min: 1, max: 4096 }),
  maxBatchRequests: fc.integer({ min: 1, max: 16 }),
  maxQueueMs: fc.integer({ min: 0, max: 20 }),
});
/** A push of a call's entries, a batch, or a client that leaves. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      tokens: fc.array(tokens, { minLength: 1, maxLength: 8 }),
      background: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), call: fc.nat() }) },
);
const patient = fc.record({
  maxBatchTokens: fc.integer({ min: 1, max: 4096 }),
  maxBatchRequests: fc.integer({ min: 1, max: 16 }),
  maxQueueMs: fc.constant(Number.POSITIVE_INFINITY),
});

const callAt = (arrivedAt: number, background = false): Call => ({
  arrivedAt,
  begun: false,
  over: false,
  background,
});
const padded = (batch: readonly Entry[]) => batch.length * Math.max(...batch.map((entry) => entry.tokens));

function alone(lengths: readonly number[], firstId = 0, background = false): Entry[] {
  return lengths.map((length, i) => ({ id: firstId + i, tokens: length, call: callAt(0, background) }));
}

describe('TokenQueue', () => {
  it('gives back every entry that anybody waits for exactly once, whatever comes, leaves or expires meanwhile', () => {
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 60 }), (queueLimits, steps) => {
        const queue = new TokenQueue<Entry>(queueLimits);
        const calls: Call[] = [];
        const callOf: Call[] = [];
        const back: number[] = [];
        const take = (now: number): number => {
          const { batch, expired } = queue.take(now);
          back.push(...[...batch, ...expired].map(({ id }) => id));
          expect(expired.every(({ call }) => now - call.arrivedAt > queueLimits.maxQueueMs)).toBe(true);
          expect(expired.some(({ call }) => call.background)).toBe(false);
          expect(batch.some(({ call }) => call.over)).toBe(false);
          return batch.length;
        };
        for (const [now, action] of steps.entries()) {
          if (action.kind === 'take') take(now);
          else if (action.kind === 'push') {
            const call = callAt(now, action.background);
            calls.push(call);
            queue.push(action.tokens.map((length) => ({ id: callOf.push(call) - 1, tokens: length, call })));
          } else {
            const call = calls[action.call % Math.max(calls.length, 1)];
            if (call) call.over = true;
          }
          const missing = callOf.flatMap((call, id) => (back.includes(id) ? [] : call));
          expect(queue.size).toBeLessThanOrEqual(missing.length);
          expect(queue.size).toBeGreaterThanOrEqual(missing.filter(({ over }) => !over).length);
        }
        while (take(steps.length) > 0);
        expect(queue.size).toBe(0);
        expect(new Set(back).size).toBe(back.length);
        expect(callOf.every((call, id) => call.over || back.includes(id))).toBe(true);
      }),
    );
  });

  it('keeps a batch within the budgets, unless one entry alone is over that of tokens', () => {
    fc.assert(
      fc.property(patient, fc.array(tokens, { minLength: 1, maxLength: 100 }), (queueLimits, lengths) => {
        const queue = new TokenQueue<Entry>(queueLimits);
        queue.push(alone(lengths));
        for (let { batch } = queue.take(0); batch.length > 0; { batch } = queue.take(0)) {
          expect(batch.length).toBeLessThanOrEqual(queueLimits.maxBatchRequests);
          expect(batch.length === 1 || padded(batch) <= queueLimits.maxBatchTokens).toBe(true);
        }
      }),
    );
  });

  it('lets an entry wait for no more batches than there were entries ahead of it, however many come after', () => {
    fc.assert(
      fc.property(
        patient,
        fc.array(tokens, { maxLength: 30 }),
        tokens,
        tokens,
        (queueLimits, ahead, own, flood) => {
          const queue = new TokenQueue<Entry>(queueLimits);
          queue.push(alone([...ahead, own]));
          for (let turn = 0; turn <= ahead.length; turn++) {
            queue.push(
              alone(
                Array.from({ length: 20 }, () => flood),
                1000 + 20 * turn,
              ),
            );
            if (queue.take(0).batch.some(({ id }) => id === ahead.length)) return;
          }
          expect.unreachable('it has starved');
        },
      ),
    );
  });

  it('begins each batch with the entry that has waited longest', () => {
    fc.assert(
      fc.property(patient, fc.array(tokens, { minLength: 1, maxLength: 60 }), (queueLimits, lengths) => {
        const queue = new TokenQueue<Entry>(queueLimits);
        const waiting = new Set(lengths.keys());
        queue.push(alone(lengths));
        for (let { batch } = queue.take(0); batch.length > 0; { batch } = queue.take(0)) {
          expect(batch[0]?.id).toBe(Math.min(...waiting));
          for (const { id } of batch) waiting.delete(id);
        }
        expect(waiting.size).toBe(0);
      }),
    );
  });

  it('puts entries of like length together and leaves long ones to a batch of their own', () => {
    const queue = new TokenQueue<Entry>({ maxBatchTokens: 4096, maxBatchRequests: 3, maxQueueMs: 1 });
    queue.push(alone([100, 400, 150, 390, 110, 90]));
    const lengthsOf = () => queue.take(0).batch.map((entry) => entry.tokens);
    expect([lengthsOf(), lengthsOf(), lengthsOf()]).toEqual([[100, 110, 90], [400, 390], [150]]);
  });

  it('does not mind differences among short entries', () => {
    const queue = new TokenQueue<Entry>({ maxBatchTokens: 4096, maxBatchRequests: 8, maxQueueMs: 1 });
    queue.push(alone([3, 32, 8]));
    expect(queue.take(0).batch).toHaveLength(3);
  });

  it('pads the shortest entry of a batch by no more than it may', () => {
    const share = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(patient, share, fc.array(tokens, { maxLength: 60 }), (queueLimits, maxPadding, lengths) => {
        const queue = new TokenQueue<Entry>({ ...queueLimits, maxPadding });
        queue.push(alone(lengths));
        for (let { batch } = queue.take(0); batch.length > 0; { batch } = queue.take(0)) {
          const own = batch.map((entry) => entry.tokens);
          const least = Math.min(...own);
          expect(Math.max(...own) - least).toBeLessThanOrEqual(maxPadding * Math.max(least, 32));
        }
      }),
    );
  });

  it('lets a call that has begun finish, however long ago its time was up', () => {
    const queue = new TokenQueue<Entry>({ maxBatchTokens: 8, maxBatchRequests: 8, maxQueueMs: 10 });
    const [begun, late] = [callAt(0), callAt(0)];
    queue.push([8, 8].map((length, id) => ({ id, tokens: length, call: begun })));
    queue.push([{ id: 2, tokens: 8, call: late }]);
    expect(queue.take(10).batch.map(({ id }) => id)).toEqual([0]);
    const { batch, expired } = queue.take(11);
    expect([batch, expired].map((entries) => entries.map(({ id }) => id))).toEqual([[1], [2]]);
  });

  it('is full once a batch could not be larger', () => {
    const queue = new TokenQueue<Entry>({ maxBatchTokens: 64, maxBatchRequests: 3, maxQueueMs: 1 });
    queue.push(alone([8, 8]));
    expect(queue.full).toBe(false);
    queue.push(alone([8], 2));
    expect(queue.full).toBe(true);
    queue.take(0);
    queue.push(alone([64], 3));
    expect(queue.full).toBe(true);
  });
});

describe('the background of a TokenQueue', () => {
  const limits = { maxBatchTokens: 64, maxBatchRequests: 4, maxQueueMs: 10 };
  const idsOf = (queue: TokenQueue<Entry>) => queue.take(0).batch.map(({ id }) => id);

  it('goes after what somebody waits for, however much earlier it came', () => {
    const queue = new TokenQueue<Entry>(limits);
    queue.push(alone(Array<number>(2000).fill(16), 0, true));
    queue.push(alone([64, 64], 5000));
    expect([idsOf(queue), idsOf(queue), idsOf(queue)]).toEqual([[5000], [5001], [0, 1, 2, 3]]);
  });

  it('fills what the budget of a batch has left, but where it must not', () => {
    for (const [mixBackground, batch] of [
      [true, [9, 0, 1]],
      [false, [9]],
    ] as const) {
      const queue = new TokenQueue<Entry>({ ...limits, maxBatchTokens: 48, mixBackground });
      queue.push(alone([16, 16, 16], 0, true));
      queue.push(alone([16], 9));
      expect(idsOf(queue)).toEqual(batch);
    }
  });

  it('gets one batch of eight while others never end, and leaves them the other seven', () => {
    fc.assert(
      fc.property(patient, fc.array(tokens, { minLength: 1, maxLength: 6 }), tokens, (bounds, own, flood) => {
        const queue = new TokenQueue<Entry>({ ...bounds, mixBackground: false });
        queue.push(alone(own, 0, true));
        const kinds: boolean[] = [];
        const left = new Set(own.keys());
        for (let turn = 0; left.size > 0; turn++) {
          queue.push(alone(Array<number>(20).fill(flood), 1000 + 20 * turn));
          const { batch } = queue.take(0);
          kinds.push(batch.some(({ call }) => call.background));
          for (const { id } of batch) left.delete(id);
        }
        expect(kinds).toEqual(kinds.map((_, turn) => turn % 8 === 7));
        expect(kinds.length).toBeLessThanOrEqual(8 * own.length);
      }),
    );
  });

  it('waits for as long as it takes, and says nothing of how long others have waited', () => {
    const queue = new TokenQueue<Entry>(limits);
    queue.push(alone([16], 0, true));
    expect(queue.waited(1000)).toBe(0);
    const { batch, expired } = queue.take(1000);
    expect([batch.length, expired.length]).toEqual([1, 0]);
  });

  it('never makes the queue full, so that no batch of it is made ready before what may come meanwhile', () => {
    const queue = new TokenQueue<Entry>(limits);
    queue.push(alone([64, 64], 0, true));
    expect([queue.full, queue.size]).toEqual([false, 2]);
    queue.take(0);
    queue.push(alone([64], 2));
    expect(queue.full).toBe(true);
  });
});
