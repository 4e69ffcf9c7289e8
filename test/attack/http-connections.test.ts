/** Hundreds of clients that are slow, rude or gone, against a server that is a process of its own; and neighbours that behave. */
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyOfPackages } from '../e2e/packages.ts';
import { type InferenceServer, startServer } from '../e2e/server.ts';
import { cases } from '../scale.ts';
import { isMeasurable, residentMb } from './process-cost.ts';

/** The limit of the server that slow clients must not use up. */
const SLOTS = 64;
const SECONDS = cases({ short: 4, long: 40 });
const SLOW = { bodies: 400, headers: 180, readers: 120 };

const packages = copyOfPackages();
const start = (environment: Readonly<Record<string, string>> = {}, limit?: string) =>
  startServer(
    { PILOTLIGHT_MODELS_DIR: packages, PILOTLIGHT_PRELOAD_MODELS: 'sentiment', ...environment },
    limit,
  );
afterAll(() => rmSync(packages, { recursive: true }));

const BODY = JSON.stringify({ inputs: 'a fine film' });
const HEAD = `POST /models/sentiment HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY.length}\r\n`;
/** 100 kB each time, which nobody reads. */
const ASK_MUCH = 'GET /docs HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(8);

/** A connection over which `sent` has gone; then a byte of `trickle` comes every moment, and nothing is read. */
async function slowClient(url: URL, sent: string, trickle: string): Promise<Socket> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(sent);
  let at = 0;
  const timer = setInterval(() => {
    const piece = trickle[at];
    at += 1;
    if (piece !== undefined) socket.write(piece);
  }, 700);
  socket.once('close', () => clearInterval(timer));
  return socket;
}

function slowClients(url: URL): Promise<Socket[]> {
  return Promise.all([
    ...Array.from({ length: SLOW.bodies }, () => slowClient(url, `${HEAD}\r\n${BODY[0]}`, 'x'.repeat(5))),
    ...Array.from({ length: SLOW.headers }, () =>
      slowClient(url, 'GET /health HTTP/1.1\r\n', 'X-A: '.repeat(9)),
    ),
    ...Array.from({ length: SLOW.readers }, () => slowClient(url, ASK_MUCH, '')),
  ]);
}

/** Predictions one after the other until the time is over: their statuses, and the longest wait in ms. */
async function neighbour(
  server: InferenceServer,
  until: number,
): Promise<{ statuses: number[]; longest: number }> {
  const statuses: number[] = [];
  let longest = 0;
  while (performance.now() < until) {
    const begun = performance.now();
    statuses.push((await server.predict('a lovely plot')).status);
    longest = Math.max(longest, performance.now() - begun);
  }
  return { statuses, longest };
}

describe('700 connections that are slow', () => {
  let server: InferenceServer;
  beforeAll(async () => {
    // Sessions that open under load would be among the descriptors that are counted.
    server = await start({
      PILOTLIGHT_MAX_CONCURRENT_REQUESTS: String(SLOTS),
      PILOTLIGHT_PARALLEL_SESSIONS: '0',
    });
  });
  afterAll(() => server.signal('SIGKILL'));

  it('take no slot from neighbours, who are answered all the time, and leave nothing behind', async () => {
    const descriptors = () => (isMeasurable ? readdirSync(`/proc/${server.pid}/fd`).length : 0);
    const memory = () => (isMeasurable ? residentMb(server.pid).now : 0);
    await server.predict('the first');
    await (await fetch(`${server.url}/docs`)).text();
    const before = { descriptors: descriptors(), memory: memory() };
    const slow = await slowClients(new URL(server.url));
    expect(slow).toHaveLength(700);
    const until = performance.now() + SECONDS * 1000;
    const neighbours = await Promise.all(Array.from({ length: 4 }, () => neighbour(server, until)));
    const statuses = neighbours.flatMap((one) => one.statuses);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(statuses.length).toBeGreaterThan(4 * SECONDS);
    expect(Math.max(...neighbours.map(({ longest }) => longest))).toBeLessThan(5000);
    expect(memory() - before.memory).toBeLessThan(200);
    for (const socket of slow) socket.destroy();
    await expect.poll(descriptors, { timeout: 20_000 }).toBeLessThanOrEqual(before.descriptors + 8);
    expect((await server.predict('the last')).status).toBe(200);
  }, 120_000);

  it('goes on without those who read its log', async () => {
    server.closeLog();
    for (let i = 0; i < 5; i++) {
      // Broken HTTP, and a model that is not there, are lines of a log.
      await fetch(`${server.url}/models/missing`, { method: 'POST', body: '{' }).then((answer) =>
        answer.text(),
      );
      expect((await server.predict('a text')).status).toBe(200);
    }
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });
});

it('60 questions for the list of models at once are answered where the process may have 100 files open', async () => {
  const server = await start({}, 'ulimit -n 100');
  const answers = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const response = await fetch(`${server.url}/models`);
      await response.text();
      return response.status;
    }),
  );
  server.signal('SIGKILL');
  expect(new Set(answers)).toEqual(new Set([200]));
});

it('a server that is told to end answers what 24 clients send on connections that they keep, and every connection closes', async () => {
  const server = await start();
  const lost: unknown[] = [];
  let [answered, refused] = [0, 0];
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const asked = request(`${server.url}/models/sentiment`, { method: 'POST', agent });
      try {
        asked.end(BODY);
        const [response]: IncomingMessage[] = await once(asked, 'response');
        response?.resume();
        if (response) await once(response, 'end');
        answered += response?.statusCode === 200 ? 1 : 0;
      } catch (error) {
        // A new connection that finds no port any more has lost nothing.
        if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') refused += 1;
        else lost.push(error);
        return;
      }
      await pause(Math.random() * 20);
    }
  };
  const clients = Array.from({ length: 24 }, client);
  await pause(1500);
  server.signal('SIGTERM');
  await Promise.all(clients);
  expect(await server.ended).toBe(0);
  expect(lost).toEqual([]);
  expect(refused).toBe(24);
  expect(answered).toBeGreaterThan(24);
});
