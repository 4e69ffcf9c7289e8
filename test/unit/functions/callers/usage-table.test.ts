import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UsageStore } from '../../../../functions/app/src/serve/callers/ports.ts';
import { lazyUsage } from '../../../../functions/app/src/settings/lazy-usage.ts';
import { startUsageDatabase, TABLE, type UsageDatabase } from '../../../fixtures/usage-database.ts';
import { listenOnLoopback } from '../warmer/loopback.ts';

const NOON = Date.UTC(2026, 10, 30, 12, 0, 30);
const MINUTE = 60_000;
const DAY = '2026-11-30';
let database: UsageDatabase;
let table: UsageStore;
let key: string;
let keys = 0;

beforeAll(async () => {
  database = await startUsageDatabase();
  table = lazyUsage({ table: TABLE, client: database.config });
});
afterAll(() => database.stop());
beforeEach(() => {
  keys += 1;
  key = `key-${keys}`;
});

describe('the table of usage', () => {
  it('begins with the first count of a key, and tells what there is after each', async () => {
    expect(await table.read(key, DAY)).toBeUndefined();
    const first = await table.add(key, { requests: 1, tokens: 7 }, NOON);
    const expected = { day: DAY, minute: `${DAY}T12:00`, requests: 1, tokens: 7, minuteRequests: 1 };
    expect(first).toEqual(expected);
    expect(await table.add(key, { requests: 2, tokens: 5 }, NOON + 1000)).toEqual({
      ...expected,
      requests: 3,
      tokens: 12,
      minuteRequests: 3,
    });
    expect(await table.read(key, DAY)).toMatchObject({ tokens: 12 });
  });

  it('begins a new minute at none and goes on with the day, and keeps days apart', async () => {
    await table.add(key, { requests: 3, tokens: 10 }, NOON);
    expect(await table.add(key, { requests: 1, tokens: 1 }, NOON + MINUTE)).toMatchObject({
      minute: `${DAY}T12:01`,
      minuteRequests: 1,
      requests: 4,
      tokens: 11,
    });
    expect(await table.add(key, { requests: 1, tokens: 1 }, NOON + 1440 * MINUTE)).toMatchObject({
      day: '2026-12-01',
      requests: 1,
      tokens: 1,
    });
    expect(await table.read(key, DAY)).toMatchObject({ requests: 4, tokens: 11 });
  });

  it('counts for the day what a slow clock sends for a minute that is over', async () => {
    await table.add(key, { requests: 1, tokens: 1 }, NOON + MINUTE);
    expect(await table.add(key, { requests: 5, tokens: 50 }, NOON)).toMatchObject({
      minute: `${DAY}T12:01`,
      minuteRequests: 1,
      requests: 6,
      tokens: 51,
    });
  });

  it('loses nothing where many count at once, over the edge of a minute', async () => {
    const writers = Array.from({ length: 4 }, () => lazyUsage({ table: TABLE, client: database.config }));
    await Promise.all(
      writers.flatMap((writer, index) =>
        Array.from({ length: 6 }, (_, turn) =>
          writer.add(key, { requests: 1, tokens: index }, NOON + (turn < 3 ? 0 : MINUTE)),
        ),
      ),
    );
    const { requests, tokens, minuteRequests } = (await table.read(key, DAY)) ?? {};
    expect({ requests, tokens }).toEqual({ requests: 24, tokens: 6 * (0 + 1 + 2 + 3) });
    expect(minuteRequests).toBe(12);
  });

  it('has DynamoDB forget a day after forty', async () => {
    await table.add(key, { requests: 1, tokens: 1 }, NOON);
    expect((await database.item(key, DAY))?.expires).toBe(Date.parse(DAY) / 1000 + 40 * 86_400);
  });

  it('says that nothing was counted where there is no table, or nobody listens', async () => {
    const missing = lazyUsage({ table: 'none', client: database.config });
    await expect(missing.add(key, { requests: 1, tokens: 1 }, NOON)).rejects.toMatchObject({
      code: 'USAGE_NOT_COUNTED',
    });
    const nobody = lazyUsage({
      table: TABLE,
      client: { ...database.config, endpoint: 'http://127.0.0.1:9' },
    });
    await expect(nobody.add(key, { requests: 1, tokens: 1 }, NOON)).rejects.toMatchObject({
      code: 'USAGE_NOT_COUNTED',
    });
  });

  it('gives up a read after a second, because a request waits for it', async () => {
    const { url, stop } = await listenOnLoopback(createServer(() => {}));
    const silent = lazyUsage({ table: TABLE, client: { ...database.config, endpoint: url } });
    const start = performance.now();
    await expect(silent.read(key, DAY)).rejects.toThrow(/1000 ms/);
    expect(performance.now() - start).toBeLessThan(4000);
    await stop();
  });

  it('does not know where the connection breaks after the count was sent, and sends it once', async () => {
    let sent = 0;
    const server = createServer((request) => {
      sent += 1;
      request.resume().on('end', () => request.socket.destroy());
    });
    const { url, stop } = await listenOnLoopback(server);
    const broken = lazyUsage({ table: TABLE, client: { ...database.config, endpoint: url } });
    await expect(broken.add(key, { requests: 1, tokens: 1 }, NOON)).rejects.toMatchObject({
      code: 'USAGE_UNCERTAIN',
    });
    expect(sent).toBe(1);
    await stop();
  });
});
