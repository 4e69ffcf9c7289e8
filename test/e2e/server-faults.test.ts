import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection, postBytes } from '../bench/load/connection.ts';
import { copyOfPackages } from './packages.ts';
import { type InferenceServer, metricOf, poison, startServer } from './server.ts';

const POISON = 'zealand';

const packages = copyOfPackages();
poison(packages, 'sentiment', POISON);
afterAll(() => rmSync(packages, { recursive: true }));

const start = (environment: Readonly<Record<string, string>> = {}) =>
  startServer({ PILOTLIGHT_MODELS_DIR: packages, PILOTLIGHT_PRELOAD_MODELS: 'sentiment', ...environment });

/** Of 1 to 120 words, the same text for the same number. */
const textOf = (number: number): string =>
  Array.from(
    { length: 1 + ((number * 37) % 120) },
    (_, i) => ['slow', 'lovely', 'film', 'plot'][(i * 5 + number) % 4],
  ).join(' ');

/** So many clients at once, which ask until there is nothing left to ask. */
async function clients<T>(
  count: number,
  asks: readonly T[],
  ask: (asked: T) => Promise<void>,
): Promise<void> {
  const left = [...asks];
  const client = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await ask(next);
  };
  await Promise.all(Array.from({ length: count }, client));
}

describe('the server of the container under load', () => {
  let server: InferenceServer;
  beforeAll(async () => {
    server = await start({ PILOTLIGHT_MAX_CONCURRENT_REQUESTS: '64' });
  });
  afterAll(() => server.signal('SIGKILL'));

  const url = () => new URL(`${server.url}/models/sentiment`);

  test('forgets hundreds of clients that leave, wherever their requests are, and serves those that stay', async () => {
    const stay = Promise.all(Array.from({ length: 20 }, (_, i) => server.predict(textOf(i))));
    const request = postBytes(url(), { inputs: Array.from({ length: 8 }, (_, i) => textOf(i)) });
    await clients(40, [...Array(300).keys()], async (number) => {
      const connection = new Connection(url());
      void connection.send(request);
      await pause(number % 23);
      connection.close();
    });
    expect((await stay).map(({ status }) => status)).toEqual(Array(20).fill(200));
    // The scrape itself is under way.
    await expect
      .poll(async () => metricOf(await server.metrics(), 'te_requests_in_flight'), { timeout: 20_000 })
      .toBe(1);
    expect(metricOf(await server.metrics(), 'te_queue_size')).toBe(0);
    expect((await server.predict('still there')).status).toBe(200);
  });

  test('keeps nobody waiting for clients that send their bodies piece by piece, and answers those, too', async () => {
    const slow = Array.from({ length: 30 }, (_, i) => trickle(url(), { inputs: `a fine film ${i}` }));
    const fast: number[] = [];
    await clients(8, [...Array(80).keys()], async (number) => {
      const begun = performance.now();
      expect((await server.predict(textOf(number % 7))).status).toBe(200);
      fast.push(performance.now() - begun);
    });
    expect(fast.toSorted((a, b) => a - b)[40]).toBeLessThan(1000);
    expect((await Promise.all(slow)).every((answer) => answer.startsWith('HTTP/1.1 200 '))).toBe(true);
  });

  test('fails the requests that the model cannot be run on, and none of the hundreds beside them', async () => {
    const outcomes = new Map<number, number>();
    await clients(32, [...Array(320).keys()], async (number) => {
      const poisonous = number % 16 === 5;
      const { status } = await server.predict(poisonous ? `${POISON} ${textOf(number)}` : textOf(number));
      outcomes.set(number, status);
    });
    const wrong = [...outcomes].filter(([number, status]) => status !== (number % 16 === 5 ? 500 : 200));
    expect(wrong).toEqual([]);
    expect(outcomes.size).toBe(320);
  });

  test('answers with 429 or 200 and nothing else, however many more come than it takes, with the delay of its event loop small', async () => {
    const statuses: number[] = [];
    await server.metrics();
    const request = postBytes(url(), { inputs: Array.from({ length: 16 }, (_, i) => textOf(i)) });
    await clients(128, [...Array(512).keys()], async () => {
      const connection = new Connection(url());
      statuses.push(await connection.send(request));
      connection.close();
    });
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(metricOf(await server.metrics(), 'nodejs_eventloop_lag_p99_seconds')).toBeLessThan(0.5);
  });

  test('answers whatever it was sent before SIGTERM while requests never end, and exits with 0', async () => {
    const early: number[] = [];
    const late: number[] = [];
    let signalled = Number.POSITIVE_INFINITY;
    const client = async (number: number) => {
      for (let connection = new Connection(url()), turn = 0; !connection.broken; turn++) {
        const sent = performance.now();
        const status = await connection.send(postBytes(url(), { inputs: textOf(number + turn) }));
        // What is on its way while the signal is, may arrive at a port that is closed.
        if (sent < signalled - 50) early.push(status);
        else late.push(status);
      }
    };
    const all = Promise.all(Array.from({ length: 48 }, (_, i) => client(i)));
    await pause(1000);
    signalled = performance.now();
    server.signal('SIGTERM');
    await all;
    expect(await server.ended).toBe(0);
    expect(early.length).toBeGreaterThan(48);
    expect(new Set(early)).toEqual(new Set([200]));
    expect(late.every((status) => status === 200 || status === 0)).toBe(true);
  });
});

/** Sends a request in some twenty pieces, 20 ms after each other, and resolves to the answer. */
async function trickle(url: URL, value: unknown): Promise<string> {
  const bytes = postBytes(url, value);
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  const answered = once(socket, 'data');
  const size = Math.ceil(bytes.length / 20);
  for (let at = 0; at < bytes.length; at += size) {
    socket.write(bytes.subarray(at, at + size));
    await pause(20);
  }
  const [answer] = await answered;
  socket.destroy();
  return String(answer);
}
