/** Clients that are slow or rude, on connections of their own. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';

export interface Client {
  readonly socket: Socket;
  /** What came up to now. */
  text(): string;
  readonly closed: Promise<unknown>;
}

export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return listeningPort(server);
}

/** A connection over which `sent` has gone. With `reads: false` it never takes what comes. */
export async function open(port: number, sent = '', { reads = true } = {}): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  if (reads) {
    socket.on('data', (data) => {
      text += data.toString();
    });
  }
  // The server may cut the connection while something is written to it.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  socket.write(sent);
  return { socket, text: () => text, closed };
}

/** A prediction as it goes over a connection; of `body`, only the first bytes where `cut` says so. */
export function predictRequest(body: unknown, cut?: number): string {
  const json = JSON.stringify(body);
  const head = `POST /models/vectors HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n`;
  return head + json.slice(0, cut);
}
