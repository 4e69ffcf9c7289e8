import { beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../../../../functions/app/src/aws/usage-error.ts';
import { LocalUsage } from '../../../../functions/app/src/serve/callers/local-usage.ts';
import type { Usage, UsageStore } from '../../../../functions/app/src/serve/callers/ports.ts';
import { Quotas, type QuotasOptions } from '../../../../functions/app/src/serve/callers/quotas.ts';

const NOON = Date.UTC(2026, 10, 30, 12, 0, 30);
const DAY = '2026-11-30';
const SHOP = { name: 'shop', limits: {} };
let now: number;
let store: LocalUsage;
let reads: number;
let logged: string[];

beforeEach(() => {
  now = NOON;
  store = new LocalUsage();
  reads = 0;
  logged = [];
});

function quotas(options: Partial<QuotasOptions> = {}, usage: Partial<UsageStore> = {}): Quotas {
  const log = (message: string) => logged.push(message);
  const counted: UsageStore = {
    read: (...asked) => {
      reads += 1;
      return store.read(...asked);
    },
    add: (...added) => store.add(...added),
    ...usage,
  };
  return new Quotas(counted, {
    logger: { info: log, warn: log, error: log },
    clock: () => now,
    ...options,
  });
}

describe('quotas', () => {
  it('let through as many predictions a minute as the limit says, those under way included', async () => {
    const own = quotas({ defaults: { requestsPerMinute: 3 } });
    const admitted = await Promise.all([own.admit(SHOP), own.admit(SHOP), own.admit(SHOP)]);
    await expect(own.admit(SHOP)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterSeconds: 30 },
    });
    for (const admission of admitted) admission.count(10);
    await expect(own.admit(SHOP)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await own.settle();
    await expect(own.admit(SHOP)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    now += 30_000;
    (await own.admit(SHOP)).count(10);
    await own.settle();
    expect(await store.read('shop', DAY)).toMatchObject({ requests: 4, minuteRequests: 1, tokens: 40 });
  });

  it('refuse a key that has used the tokens of its day, until the next day of UTC', async () => {
    const own = quotas({ defaults: { tokensPerDay: 20 } });
    (await own.admit(SHOP)).count(19);
    (await own.admit(SHOP)).count(19);
    await expect(own.admit(SHOP)).rejects.toMatchObject({
      code: 'QUOTA_EXCEEDED',
      details: { retryAfterSeconds: 12 * 3600 - 30 },
    });
    now = Date.UTC(2026, 11, 1);
    (await own.admit(SHOP)).count(1);
    await own.settle();
    expect(await store.read('shop', '2026-12-01')).toMatchObject({ tokens: 1 });
  });

  it('hold the limits of a key before those of the deployment, and each key by itself', async () => {
    const own = quotas({ defaults: { requestsPerMinute: 1 } });
    const batch = { name: 'batch', limits: { requestsPerMinute: 2 } };
    await own.admit(SHOP);
    await own.admit(batch);
    await own.admit(batch);
    await expect(own.admit(SHOP)).rejects.toThrow('shop may ask for 1 predictions');
    await expect(own.admit(batch)).rejects.toThrow('batch may ask for 2 predictions');
  });

  it('know what other processes counted a second ago, and ask no more than once a second', async () => {
    const [one, other] = [quotas({ frozen: true, defaults: { requestsPerMinute: 2 } }), quotas()];
    // Of a process that is frozen, once it has written anything.
    (await one.admit({ name: 'batch', limits: {} })).count(1);
    await one.settle();
    await one.report(SHOP);
    for (const admission of [await other.admit(SHOP), await other.admit(SHOP)]) admission.count(5);
    await other.settle();
    reads = 0;
    now += 999;
    (await one.admit(SHOP)).count(5);
    expect(reads).toBe(0);
    now += 1;
    await expect(one.admit(SHOP)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await expect(one.admit(SHOP)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(reads).toBe(1);
  });

  it('have no request wait for a count, unless there has been no answer for a second', async () => {
    const { promise: answer, resolve } = Promise.withResolvers<Usage>();
    const own = quotas({}, { add: () => answer });
    (await own.admit(SHOP)).count(5);
    now += 999;
    (await own.admit(SHOP)).count(5);
    now += 1;
    const waiting = own.admit(SHOP);
    const first = await Promise.race([waiting, new Promise((done) => setTimeout(() => done('waits'), 20))]);
    expect(first).toBe('waits');
    resolve({ day: DAY, minute: `${DAY}T12:00`, requests: 2, minuteRequests: 2, tokens: 10 });
    (await waiting).release();
    expect(reads).toBe(1);
  });

  it('have requests wait for a second at most, and once in five, where the store is silent', async () => {
    const own = quotas({}, { add: () => new Promise(() => {}) });
    (await own.admit(SHOP)).count(5);
    now += 1000;
    const start = performance.now();
    const waiting = [own.admit(SHOP), own.admit(SHOP)];
    for (const admission of await Promise.all(waiting)) admission.count(5);
    expect(performance.now() - start).toBeGreaterThan(900);
    now += 4999;
    const first = await Promise.race([
      own.admit(SHOP),
      new Promise((done) => setTimeout(() => done('waits'), 100)),
    ]);
    expect(first).not.toBe('waits');
    expect(logged).toEqual([expect.stringMatching(/slow to be written/)]);
  });

  it('ask no more for five seconds after a count of which nobody knows whether it was added', async () => {
    const add = () => Promise.reject(new UsageError('USAGE_UNCERTAIN', 'It failed.'));
    const own = quotas({}, { add });
    (await own.admit(SHOP)).count(5);
    await own.settle();
    reads = 0;
    now += 4999;
    await own.admit(SHOP);
    expect(reads).toBe(0);
    now += 1;
    await own.admit(SHOP);
    expect(reads).toBe(1);
  });

  it('hold the limit of a minute that the clock of another process has begun before', async () => {
    const defaults = { requestsPerMinute: 2 };
    const [slow, fast] = [quotas({ defaults }), quotas({ defaults, clock: () => now + 31_000 })];
    for (let turn = 0; turn < 2; turn++) (await fast.admit(SHOP)).count(1);
    await fast.settle();
    await expect(slow.admit(SHOP)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('tell nobody of counts that cannot be read, rather than of none', async () => {
    let isAway = true;
    const away = () => Promise.reject(new TypeError('no way'));
    const own = quotas({}, { read: (...asked) => (isAway ? away() : store.read(...asked)) });
    await expect(own.report(SHOP)).rejects.toMatchObject({ code: 'USAGE_UNAVAILABLE' });
    isAway = false;
    now += 5000;
    expect(await own.report(SHOP)).toMatchObject({ requests_today: 0 });
  });

  it('put what is answered during a write into the next one', async () => {
    const writes: number[] = [];
    const own = quotas(
      {},
      {
        add: async (key, amount, at) => {
          writes.push(amount.requests);
          await new Promise((resolve) => setTimeout(resolve, 5));
          return store.add(key, amount, at);
        },
      },
    );
    const admitted = await Promise.all(Array.from({ length: 10 }, () => own.admit(SHOP)));
    for (const [index, admission] of admitted.entries()) {
      admission.count(2);
      if (index === 0) await new Promise(setImmediate);
    }
    await own.settle();
    expect(writes).toEqual([1, 9]);
    expect(await store.read('shop', DAY)).toMatchObject({ requests: 10, tokens: 20 });
  });

  it('send again what was surely not counted, and never what may have been', async () => {
    const failures = ['USAGE_NOT_COUNTED', 'USAGE_UNCERTAIN'] as const;
    let turn = 0;
    const own = quotas(
      { frozen: true },
      {
        add: async (...added) => {
          const failure = failures[turn];
          turn += 1;
          if (failure) throw new UsageError(failure, 'It failed.');
          return store.add(...added);
        },
      },
    );
    (await own.admit(SHOP)).count(1);
    await own.settle();
    (await own.admit(SHOP)).count(10);
    await own.settle();
    expect(await store.read('shop', DAY)).toBeUndefined();
    (await own.admit(SHOP)).count(100);
    await own.settle();
    expect(await store.read('shop', DAY)).toMatchObject({ requests: 1, tokens: 100 });
    expect(logged).toEqual(['Usage could not be counted yet', 'Usage may not have been counted']);
  });

  it('let requests through, and say so in the log, where nobody knows the counts', async () => {
    const own = quotas(
      { defaults: { requestsPerMinute: 3 } },
      { read: () => Promise.reject(new TypeError('no way')) },
    );
    await own.admit(SHOP);
    await own.admit(SHOP);
    expect(logged).toEqual([expect.stringMatching(/could not be read/)]);
    now += 5000;
    await own.admit(SHOP);
    expect(logged).toHaveLength(2);
    await expect(own.admit(SHOP)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('of a process that is frozen write when they are told to, and read nothing before', async () => {
    const own = quotas({ frozen: true, defaults: { requestsPerMinute: 5 } });
    for (let turn = 0; turn < 2; turn++) (await own.admit(SHOP)).count(5);
    expect(await store.read('shop', DAY)).toBeUndefined();
    expect(reads).toBe(0);
    await own.settle();
    expect(await store.read('shop', DAY)).toMatchObject({ requests: 2 });
    now += 1000;
    (await own.admit(SHOP)).count(5);
    expect(reads).toBe(1);
  });

  it('of a process that may freeze are written while it has requests, and the last ones before the next is let in', async () => {
    const own = quotas({ mayFreeze: true });
    const [one, other] = [await own.admit(SHOP), await own.admit(SHOP)];
    one.count(1);
    await expect.poll(() => store.read('shop', DAY)).toMatchObject({ requests: 1 });
    other.count(1);
    await new Promise(setImmediate);
    expect(await store.read('shop', DAY)).toMatchObject({ requests: 1 });
    now += 60_000;
    const before = reads;
    await own.admit(SHOP);
    expect(reads).toBe(before);
    expect(await store.read('shop', DAY)).toMatchObject({ requests: 2 });
  });

  it('that are written late belong to the minute and the day in which they were', async () => {
    const own = quotas({ mayFreeze: true, defaults: { requestsPerMinute: 2, tokensPerDay: 100 } });
    (await own.admit(SHOP)).count(60);
    now += 60_000;
    const admitted = await Promise.all([own.admit(SHOP), own.admit(SHOP)]);
    for (const admission of admitted) admission.count(20);
    await own.settle();
    (await own.admit(SHOP).catch(() => undefined))?.count(1);
    now += 86_400_000;
    (await own.admit(SHOP)).count(99);
    expect(await store.read('shop', DAY)).toMatchObject({ requests: 3, tokens: 100 });
  });

  it('of a process that may freeze wait for a store that takes nothing once in five seconds', async () => {
    let tries = 0;
    const add = async () => {
      tries += 1;
      throw new UsageError('USAGE_NOT_COUNTED', 'no');
    };
    const own = quotas({ mayFreeze: true }, { add });
    for (let turn = 0; turn < 4; turn++) {
      (await own.admit(SHOP)).count(1);
      now += 1000;
    }
    expect(tries).toBe(1);
  });

  it('tell what a key has used and what is left, with what is not written yet', async () => {
    const own = quotas({ frozen: true, defaults: { requestsPerMinute: 5 } });
    (await own.admit(SHOP)).count(7);
    await own.settle();
    (await own.admit(SHOP)).count(7);
    expect(await own.report(SHOP)).toEqual({
      key: 'shop',
      requests_per_minute: { used: 2, limit: 5, remaining: 3, resets_at: '2026-11-30T12:01:00.000Z' },
      tokens_per_day: { used: 14, limit: null, remaining: null, resets_at: '2026-12-01T00:00:00.000Z' },
      requests_today: 2,
    });
  });
});
