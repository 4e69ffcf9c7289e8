/** The app as a server of this process: the local service and the server. Lambda has no need of it. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { errorReply, HttpError } from '../http/errors.ts';
import { cutSlowSenders, type SendingRate } from './slow-senders.ts';

/** Longer than load balancers keep idle connections, 60 s, because the side that closes first may close a connection that is just being used. */
const KEEP_ALIVE_MS = 75_000;
/** The time in which a refused client can read the reason before the connection is cut. */
const LINGER_MS = 1000;

const RATE: SendingRate = { windowMs: 10_000, bytes: 10_000, mostArriving: 256_000_000 };
/** Connections at once: more are closed as they come. */
const MAX_CONNECTIONS = 4096;

/** The time that a client has for sending a request, so that slow ones do not keep the others out, and that connections rest. */
export interface ConnectionTimes {
  /** Milliseconds for the headers, and for a new connection until its first request; 0 sets no limit. @default 20,000 */
  readonly headersMs?: number;
  /** Milliseconds for the whole request: 6 MB in 60 s are 100 kB a second; 0 sets no limit. @default 60,000 */
  readonly requestMs?: number;
  /** The rate at which a body has to come all the time. @default - 10 kB in 10 s, and 256 MB at once of all */
  readonly rate?: SendingRate;
  /** Milliseconds after which a connection without a request is closed; 0 leaves that to the other side. @default 75,000 */
  readonly keepAliveMs?: number;
}

/** `fetch` is the app's, or what stands around it. Not listening yet. What never becomes a request of the app is refused with the body of every other error. */
export function createHttpServer(
  { fetch }: Pick<Hono, 'fetch'>,
  { headersMs = 20_000, requestMs = 60_000, rate = RATE, keepAliveMs = KEEP_ALIVE_MS }: ConnectionTimes = {},
): Server {
  const listener = getRequestListener(fetch, {
    errorHandler: (error) => {
      const isRequestError = error instanceof Error && error.name === 'RequestError';
      const { status, body } = errorReply(isRequestError ? unreadable(error) : error);
      return Response.json(body, { status });
    },
  });
  /** Answers of each connection that are not sent yet. */
  const answers = new WeakMap<Duplex, Set<ServerResponse>>();
  const server = createServer(
    {
      requireHostHeader: false,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      ...(headersMs > 0 && { connectionsCheckingInterval: Math.ceil(headersMs / 4) }),
    },
    (request, response) => {
      const own = answers.get(request.socket) ?? new Set();
      answers.set(request.socket, own.add(response));
      response.once('close', () => own.delete(response));
      response.once('finish', () => discardRest(request));
      // The health checks of some load balancers are of this version, which knows no Host.
      if (request.httpVersion === '1.0') request.headers.host ??= 'localhost';
      // After all that came with the head has been read.
      process.nextTick(() => {
        takeWholeBody(request);
        void listener(request, response);
      });
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  /** Requests that came whole before the one at fault are answered before it. */
  const cut = (error: Error, socket: Duplex): void => {
    const own = [...(answers.get(socket) ?? [])];
    const last = own.findLast(({ req }) => req.complete);
    if (last) last.once('close', () => cut(error, socket));
    else if (own.some(({ headersSent }) => headersSent)) socket.destroy();
    else refuse(error, socket);
  };
  server.on('clientError', cut);
  cutSlowSenders(server, rate, (socket) => cut(new SlowSender(), socket));
  return server;
}

/**
 * Hands a body that came at once to the listener as `rawBody`, which is cheaper than the events of a stream: some 40 us of a short
 * request.
 */
function takeWholeBody(request: IncomingMessage): void {
  if (!request.complete || request.readableLength === 0) return;
  const rawBody: unknown = request.read();
  Object.assign(request, { rawBody });
}

/**
 * Reads on what is left of a body that was refused before its end. Whoever read it stopped the stream, and the connection would be cut
 * with the next request in it.
 */
function discardRest(request: IncomingMessage): void {
  if (request.readableEnded) return;
  request.removeAllListeners('data');
  request.resume();
}

class SlowSender extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
}

function refuse(error: Error, socket: Duplex): void {
  if (!socket.writable) return;
  const { status, body } = errorReply(unreadable(error));
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
  // A client that goes on sending would keep its half of the connection open for as long as it likes.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function unreadable(cause: Error): HttpError {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new HttpError('REQUEST_TIMEOUT', 'The request took too long to arrive. Send it again.', { cause });
  if (code === 'HPE_HEADER_OVERFLOW')
    return new HttpError('HEADERS_TOO_LARGE', 'The headers are larger than 16 KB. Send fewer.', { cause });
  return new HttpError('INVALID_REQUEST', 'This is no valid HTTP request.', { cause });
}
