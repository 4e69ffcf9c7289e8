/** Requests and answers of a port of this machine, on their way to an event and from a result. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayRequest } from './event.ts';
import type { GatewayResponse } from './response.ts';

/** The path of a request as it was sent. */
export function sentPath({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/';
}

/** The request that an event is made of. `path` is the one that is passed on. */
export function describeRequest(request: IncomingMessage, path: string, body: Buffer): GatewayRequest {
  const { method = 'GET', url = '/', rawHeaders, httpVersion, socket } = request;
  const query = url.split(/\?(.*)/s)[1] ?? '';
  return { method, path, query, body, rawHeaders, httpVersion, sourceIp: socket.remoteAddress ?? '' };
}

export function sendResponse(response: ServerResponse, { status, headers, body }: GatewayResponse): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}
