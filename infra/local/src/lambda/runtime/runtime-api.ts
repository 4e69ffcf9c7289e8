/**
 * The Runtime API of one execution environment, on a port of its own.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { refuseForeignCaller } from '../../foreign-caller.ts';
import { EXTENSIONS_PREFIX, Extensions } from './extensions.ts';

const PREFIX = '/2018-06-01/runtime/';

/** The reports of the runtime. */
export interface RuntimeEvents {
  /** It waits for an invocation: its init phase is over, or the invocation before. */
  next(headers: IncomingMessage['headers']): void;
  response(requestId: string, payload: Buffer): void;
  /** Begins an answer that comes as it is made: `body` has the bytes, and trailers where the function failed. */
  stream(requestId: string, body: IncomingMessage): void;
  error(requestId: string, payload: Buffer): void;
  initError(payload: Buffer): void;
}

/** Gets the bytes of an answer as the function makes them. */
export type OnStream = (body: Readable) => void;

export interface Delivery {
  readonly requestId: string;
  /** @default - an answer that comes as it is made is the result, once it is whole */
  readonly onStream?: OnStream | undefined;
  readonly payload: Buffer;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly traceId: string;
}

export class RuntimeApi {
  readonly extensions = new Extensions();
  readonly #server: Server;
  readonly #events: RuntimeEvents;
  readonly #maxResponseBytes: number;
  #waiting: ServerResponse | undefined;

  private constructor(events: RuntimeEvents, maxResponseBytes: number) {
    this.#events = events;
    this.#maxResponseBytes = maxResponseBytes;
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      void this.#answer(request, response);
    });
  }

  static async listen(events: RuntimeEvents, maxResponseBytes: number): Promise<RuntimeApi> {
    const api = new RuntimeApi(events, maxResponseBytes);
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  /** AWS_LAMBDA_RUNTIME_API. */
  get address(): string {
    return `127.0.0.1:${listeningPort(this.#server)}`;
  }

  /** Hands an invocation to the runtime that waits for it. */
  deliver(delivery: Delivery): void {
    const { requestId, payload, deadlineMs, functionArn, traceId } = delivery;
    this.extensions.invoke(delivery);
    const response = this.#waiting;
    this.#waiting = undefined;
    response?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(deadlineMs),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': traceId,
    });
    response?.end(payload);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const foreign = refuseForeignCaller(request.headers);
    if (foreign !== undefined) {
      return reply(response, 403, { errorType: 'AccessDenied', errorMessage: foreign });
    }
    if (request.url?.startsWith(EXTENSIONS_PREFIX)) return this.extensions.answer(request, response);
    const path = request.url?.startsWith(PREFIX) ? request.url.slice(PREFIX.length) : '';
    if (request.method === 'GET' && path === 'invocation/next') {
      this.#waiting = response;
      this.#events.next(request.headers);
      return;
    }
    const [, requestId = '', kind] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (request.method !== 'POST' || (kind === undefined && path !== 'init/error')) {
      return reply(response, 404, { errorType: 'NotFound', errorMessage: `There is no ${request.url}.` });
    }
    if (request.headers['lambda-runtime-function-response-mode'] === 'streaming') {
      request.once('end', () => reply(response, 202, { status: 'OK' }));
      this.#events.stream(requestId, request);
      return;
    }
    const payload = await buffer(request).catch(() => undefined);
    if (payload === undefined) return;
    if (kind === 'response' && payload.length > this.#maxResponseBytes) {
      const errorMessage = `Exceeded maximum allowed payload size (${this.#maxResponseBytes} bytes).`;
      reply(response, 413, { errorType: 'RequestEntityTooLarge', errorMessage });
      this.#events.error(requestId, tooLarge(this.#maxResponseBytes));
      return;
    }
    reply(response, 202, { status: 'OK' });
    if (kind === undefined) this.#events.initError(payload);
    else this.#events[kind === 'response' ? 'response' : 'error'](requestId, payload);
  }
}

/** The error for the caller of a function whose response is too large. */
function tooLarge(maxBytes: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage: `Response payload size exceeded maximum allowed payload size (${maxBytes} bytes).`,
    }),
  );
}

/** The error at the end of an answer that had begun; nothing where there is none. */
export function trailingError({ trailers }: IncomingMessage): Buffer | undefined {
  const { 'lambda-runtime-function-error-body': body } = trailers;
  return body === undefined ? undefined : Buffer.from(body, 'base64');
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
