import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterEach, expect, it } from 'vitest';
import { createHttpServer } from '../../../functions/app/src/serve/node-server.ts';
import { fakeApp } from './fake-engine.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function portOf(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return listeningPort(server);
}

/** Sends a piece every few milliseconds until the connection is cut, and gives what the server said. */
async function trickle(port: number, head: string, piece: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString();
  });
  // Writing to a connection that the server has cut.
  socket.on('error', () => {});
  socket.write(head);
  const sending = setInterval(() => socket.write(piece), 20);
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(sending);
  return answer;
}

it.each([
  ['headers', 'POST /models/sentiment HTTP/1.1\r\nHost: a\r\n', 'X-A: a\r\n'],
  ['a body', 'POST /models/sentiment HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n', 'a'],
])('a client that sends %s for ever is told so with 408, and cut off', async (_, head, piece) => {
  const app = fakeApp({ limits: { maxConcurrentRequests: 1 } });
  const port = await portOf(createHttpServer(app, { headersMs: 200, requestMs: 400 }));
  const answer = await trickle(port, head, piece);
  const [start = '', body = ''] = answer.split('\r\n\r\n');
  expect(start.split('\r\n')[0]).toBe('HTTP/1.1 408 Request Timeout');
  expect(JSON.parse(body)).toMatchObject({ code: 'REQUEST_TIMEOUT' });
  // Through a server with the usual times, because a busy machine is a slow client, too.
  const usual = await portOf(createHttpServer(app));
  const next = await fetch(`http://127.0.0.1:${usual}/models/sentiment`, {
    method: 'POST',
    body: '{"inputs": "a"}',
  });
  expect(next.status).toBe(200);
});

it('a client has 20 s for its headers and 60 s for its request, which is 6 MB over a slow line', () => {
  const { headersTimeout, requestTimeout } = createHttpServer(fakeApp());
  expect([headersTimeout, requestTimeout]).toEqual([20_000, 60_000]);
});
