import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConnectionTimes, createHttpServer } from '../../../functions/app/src/serve/node-server.ts';
import { NEVER_CLOSES } from '../../../functions/web/serve.ts';
import { listen, open, predictRequest } from './connections.ts';
import { fakeApp, fakeEngine, preparing } from './fake-engine.ts';

const PATIENCE = { timeout: 20_000 };
const GARBAGE = 'this is no HTTP\r\n\r\n';
const HEALTH = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(times: ConnectionTimes = {}, engine = fakeEngine()): Promise<number> {
  const server = createHttpServer(fakeApp({ engine }), times);
  servers.push(server);
  return listen(server);
}

const statuses = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);

describe('a request of HTTP/1.0', () => {
  it('needs no Host, as the health checks of load balancers have none', async () => {
    const { text, closed } = await open(await serve(), 'GET /health HTTP/1.0\r\n\r\n');
    await closed;
    expect(statuses(text())).toEqual(['200']);
  });
});

describe('a request of HTTP/1.1', () => {
  it('is refused without a Host', async () => {
    const { text } = await open(await serve(), 'GET /health HTTP/1.1\r\n\r\n');
    await expect.poll(() => statuses(text()), PATIENCE).toEqual(['400']);
  });
});

describe('a connection without a request', () => {
  it('is closed by this side after 75 s, longer than load balancers keep one, or never', () => {
    const times = [{}, { keepAliveMs: 0 }].map((each) => createHttpServer(fakeApp(), each).keepAliveTimeout);
    expect(times).toEqual([75_000, 0]);
  });

  it('is never closed, new or used, in a web function, whose clock jumps when it thaws', async () => {
    const server = createHttpServer(fakeApp(), NEVER_CLOSES);
    const { headersTimeout, requestTimeout, keepAliveTimeout } = server;
    expect([headersTimeout, requestTimeout, keepAliveTimeout]).toEqual([0, 0, 0]);
  });
});

describe('garbage on a connection', () => {
  it('does not take the answers from the requests before it', async () => {
    const gate = Promise.withResolvers<void>();
    const engine = fakeEngine();
    const { predict } = engine;
    const slow = preparing(async (...call) => {
      await gate.promise;
      return predict(...call);
    });
    const port = await serve({}, { ...engine, prepare: slow });
    const { text, closed } = await open(port, predictRequest({ inputs: 'a' }) + HEALTH + GARBAGE);
    await pause(100);
    gate.resolve();
    await closed;
    expect(statuses(text())).toEqual(['200', '200', '400']);
    expect(text()).toContain('0.6');
  });

  it('is refused at once where nothing came before', async () => {
    const { text, closed } = await open(await serve(), GARBAGE);
    await closed;
    expect(statuses(text())).toEqual(['400']);
  });

  it('within a body ends the request that it is in', async () => {
    const chunked = 'POST /models/vectors HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
    const { text, closed } = await open(await serve(), HEALTH + chunked);
    await closed;
    expect(statuses(text())).toEqual(['200', '400']);
  });
});

describe('a body that is refused before its end', () => {
  const head = (fields: string) => `POST /models/vectors HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n`;
  const noise = Buffer.alloc(3_000_000, 'no gzip');
  const chunked = [Buffer.from(`${noise.length.toString(16)}\r\n`), noise, Buffer.from('\r\n0\r\n\r\n')];
  /** The most that is taken compressed, of which the decoder reads the first bytes. */
  const broken = noise.subarray(0, 1_900_000);
  const trailed = Buffer.concat([gzipSync('{"inputs":"a"}'), Buffer.alloc(1_000_000)]);

  it.each([
    ['413', 'is too large', head('Transfer-Encoding: chunked'), Buffer.concat(chunked)],
    ['400', 'is no gzip', head(`Content-Encoding: gzip\r\nContent-Length: ${broken.length}`), broken],
    [
      '200',
      'goes on after its gzip',
      head(`Content-Encoding: gzip\r\nContent-Length: ${trailed.length}`),
      trailed,
    ],
  ])('leaves the connection to the next request: %s where it %s', async (status, _, start, bytes) => {
    const { socket, text } = await open(await serve(), start);
    socket.write(bytes);
    await expect.poll(() => statuses(text()), PATIENCE).toEqual([status]);
    // Longer than the connection would be kept for a body that nobody reads.
    await pause(1000);
    socket.write(HEALTH);
    await expect.poll(() => statuses(text()), PATIENCE).toEqual([status, '200']);
  });
});

describe('a body that comes more slowly than the rate', () => {
  const SLOW = { rate: { windowMs: 1000, bytes: 500, mostArriving: 1e9 } };

  it('is cut with 408, though a byte comes every moment', async () => {
    const { socket, text, closed } = await open(
      await serve(SLOW),
      predictRequest({ inputs: 'a'.repeat(5000) }, 1),
    );
    const trickle = setInterval(() => socket.write('a'), 50);
    await closed;
    clearInterval(trickle);
    expect(statuses(text())).toEqual(['408']);
    expect(text()).toContain('REQUEST_TIMEOUT');
  });

  it('is answered where it keeps to the rate for many windows', async () => {
    const request = predictRequest({ inputs: 'a'.repeat(3000) });
    const { socket, text } = await open(await serve(SLOW), request.slice(0, 300));
    for (let at = 300; at < request.length; at += 200) {
      await pause(200);
      socket.write(request.slice(at, at + 200));
    }
    await expect.poll(() => statuses(text()), PATIENCE).toEqual(['200']);
  });

  it('may be waited for as long as it takes to predict once it is whole', async () => {
    const engine = fakeEngine();
    const { predict } = engine;
    const slow = preparing(async (...call) => {
      await pause(3500);
      return predict(...call);
    });
    const { text } = await open(
      await serve(SLOW, { ...engine, prepare: slow }),
      predictRequest({ inputs: 'a' }),
    );
    await expect.poll(() => statuses(text()), PATIENCE).toEqual(['200']);
  });
});

it('of bodies that are arriving and are too much together, the oldest is cut', async () => {
  const port = await serve({ rate: { windowMs: 60_000, bytes: 1, mostArriving: 500_000 } });
  const request = predictRequest({ inputs: 'a'.repeat(410_000) });
  const oldest = await open(port, request.slice(0, 400_000));
  await pause(50);
  const youngest = await open(port, request.slice(0, 400_000));
  await oldest.closed;
  expect(statuses(oldest.text())).toEqual(['408']);
  youngest.socket.write(request.slice(400_000));
  await expect.poll(() => statuses(youngest.text()), PATIENCE).toEqual(['200']);
});
