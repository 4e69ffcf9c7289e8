import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterEach, expect, it } from 'vitest';
import { Drain } from '../../../functions/app/src/serve/drain.ts';

const GRACE_MS = 20_000;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const agent = new Agent({ keepAlive: true });
let server: Server;
let drain: Drain;
/** Answers of the server that wait for `reply`. */
let waiting: ServerResponse[] = [];
let arrived: () => void = () => {};

afterEach(() => server.closeAllConnections());

async function listen(): Promise<number> {
  waiting = [];
  server = createServer((_, response) => {
    waiting.push(response);
    arrived();
  });
  drain = new Drain(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return listeningPort(server);
}

async function arrivals(count: number): Promise<void> {
  while (waiting.length < count) {
    await new Promise<void>((resolve) => {
      arrived = resolve;
    });
  }
}

const reply = (): void => {
  for (const response of waiting.splice(0)) response.end('ok');
};

async function get(port: number): Promise<IncomingMessage> {
  const asked = request({ port, host: '127.0.0.1', agent }).end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  if (!response) throw new Error('no answer');
  response.resume();
  await once(response, 'end');
  return response;
}

async function open(port: number): Promise<{ socket: Socket; text: () => string; closed: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => {
    text += data.toString();
  });
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return { socket, text: () => text, closed };
}

it('an answer that was under way at the signal tells its client that the connection closes', async () => {
  const port = await listen();
  const answer = get(port);
  await arrivals(1);
  const drained = drain.close(GRACE_MS);
  await expect.poll(() => server.listening).toBe(false);
  reply();
  expect((await answer).headers.connection).toBe('close');
  expect(await drained).toBe(true);
});

it('a request that comes after the signal on a connection that rested is answered, and the connection closes', async () => {
  const port = await listen();
  const { socket, text, closed } = await open(port);
  socket.write(GET);
  await arrivals(1);
  reply();
  await expect.poll(text).toContain('ok');
  expect(text()).not.toContain('Connection: close');
  const drained = drain.close(GRACE_MS);
  await pause(100);
  socket.write(GET);
  await arrivals(1);
  reply();
  await closed;
  expect(text()).toContain('Connection: close');
  expect(text().match(/HTTP\/1.1 200/g)).toHaveLength(2);
  expect(await drained).toBe(true);
});

it('a connection that rests is closed at once where whoever sends requests sends none any more', async () => {
  const port = await listen();
  const { socket, closed } = await open(port);
  socket.write(GET);
  await arrivals(1);
  reply();
  const since = performance.now();
  expect(await drain.close(GRACE_MS, 0)).toBe(true);
  await closed;
  expect(performance.now() - since).toBeLessThan(900);
});

it('of two requests in one piece, both are answered, and the second answer ends the connection', async () => {
  const port = await listen();
  const { socket, text, closed } = await open(port);
  socket.write(GET + GET);
  await arrivals(2);
  const drained = drain.close(GRACE_MS);
  await expect.poll(() => server.listening).toBe(false);
  reply();
  await closed;
  const [, first, second] = text().split('HTTP/1.1 200');
  expect(first).toContain('Connection: keep-alive');
  expect(second).toContain('Connection: close');
  expect(await drained).toBe(true);
});

it('a request whose head is half sent at the signal is answered, however long it takes', async () => {
  const port = await listen();
  const { socket, text, closed } = await open(port);
  socket.write(GET.slice(0, 20));
  await expect.poll(() => server.listening).toBe(true);
  await pause(50);
  const drained = drain.close(GRACE_MS);
  await pause(1300);
  socket.write(GET.slice(20));
  await arrivals(1);
  reply();
  await closed;
  expect(text()).toContain('200 OK');
  expect(await drained).toBe(true);
});

it('a connection that brings nothing is closed after a second, and a new one is refused', async () => {
  const port = await listen();
  const { closed } = await open(port);
  const begun = performance.now();
  const drained = drain.close(GRACE_MS);
  await expect.poll(() => server.listening).toBe(false);
  const refused = connect(port, '127.0.0.1');
  const [error]: NodeJS.ErrnoException[] = await once(refused, 'error');
  expect(error?.code).toBe('ECONNREFUSED');
  await closed;
  expect(await drained).toBe(true);
  expect(performance.now() - begun).toBeGreaterThan(900);
});

it('connections that the system has made before the signal are taken one by one, and their requests answered', async () => {
  const port = await listen();
  const sockets = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'));
  // All of them at once: the server has not had as many turns.
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const texts = sockets.map(() => '');
  const ended = sockets.map(async (socket, index) => {
    socket.on('data', (data) => {
      texts[index] += data.toString();
    });
    socket.write(GET);
    await once(socket, 'close');
  });
  const drained = drain.close(GRACE_MS);
  await arrivals(sockets.length);
  reply();
  await Promise.all(ended);
  expect(texts.filter((text) => text.startsWith('HTTP/1.1 200'))).toHaveLength(sockets.length);
  expect(await drained).toBe(true);
});

it('a server without connections is gone at once', async () => {
  await listen();
  const begun = performance.now();
  expect(await drain.close(GRACE_MS)).toBe(true);
  expect(performance.now() - begun).toBeLessThan(800);
});

it('a request that is not answered within the grace is cut, and told so', async () => {
  const port = await listen();
  const answer = get(port).catch((error: unknown) => error);
  await arrivals(1);
  expect(drain.inFlight).toBe(1);
  expect(await drain.close(200)).toBe(false);
  expect(await answer).toMatchObject({ code: 'ECONNRESET' });
});
