/** The app as a server of this process: the local service and the container. Lambda has no need of it. */
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { errorReply, HttpError } from './errors.ts';

/** Longer than load balancers keep idle connections, 60 s: whoever closes first may close one that is just being used. */
const KEEP_ALIVE_MS = 75_000;

/** `fetch` is the app's, or what stands around it. Not listening yet. What never becomes a request of the app is refused with the body of every other error. */
export function createHttpServer({ fetch }: Pick<Hono, 'fetch'>): Server {
  const server = createServer(
    { requireHostHeader: false, keepAliveTimeout: KEEP_ALIVE_MS },
    getRequestListener(fetch, {
      errorHandler: (error) => {
        const isRequestError = error instanceof Error && error.name === 'RequestError';
        const { status, body } = errorReply(isRequestError ? invalidRequest(error) : error);
        return Response.json(body, { status });
      },
    }),
  );
  server.on('clientError', (error, socket) => {
    if (!socket.writable) return;
    const body = JSON.stringify(errorReply(invalidRequest(error)).body);
    socket.end(
      `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
  return server;
}

function invalidRequest(cause: unknown): HttpError {
  return new HttpError('INVALID_REQUEST', 'This is no valid HTTP request.', { cause });
}
