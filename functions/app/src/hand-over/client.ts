/**
 * The client of the server. Answers are passed on as they come, compressed or not, which `fetch` would undo. Each
 * request has a connection of its own: one that was kept would be dead after Lambda froze the process.
 */
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ServerError } from './errors.ts';
import { answeredHeaders, askedHeaders } from './headers.ts';

/** An answer of up to so many bytes is read whole, so that one that breaks off is known before it is passed on. */
const READ_WHOLE_BYTES = 1_000_000;
const PROBE_MS = 2_000;
/** The statuses with which a load balancer says that the server is not there. No wire format answers a prediction with one of them. */
const ABSENT: readonly number[] = [502, 503, 504];
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

export interface ServerRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Headers;
  readonly body?: Uint8Array | undefined;
  /** Aborted once nobody waits for the answer. */
  readonly signal: AbortSignal;
}

export class ServerClient {
  readonly #base: URL;

  /** `base` is the address of its load balancer; a path of it goes before those of the requests. */
  constructor(base: string) {
    this.#base = new URL(base);
  }

  /**
   * Resolves with the answer, whatever its status, within so many milliseconds; a larger one goes on arriving until then.
   *
   * @throws ServerError where there is none; the reason of the request's signal once that is aborted
   */
  async send(request: ServerRequest, withinMs: number): Promise<Response> {
    const { method, path, body } = request;
    const timeout = AbortSignal.timeout(Math.max(1, Math.ceil(withinMs)));
    const headers = { ...askedHeaders(request.headers), ...(body && { 'content-length': body.byteLength }) };
    const signal = AbortSignal.any([request.signal, timeout]);
    try {
      return await readResponse(await this.#ask({ method, path, headers, signal }, body));
    } catch (cause) {
      if (cause instanceof ServerError) throw cause;
      request.signal.throwIfAborted();
      if (!timeout.aborted) throw unreachable(cause);
      throw new ServerError('SERVER_TIMEOUT', `The server did not answer within ${withinMs} ms.`, {
        cause,
      });
    }
  }

  /** Whether it has loaded its models, and takes requests. */
  async isReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(PROBE_MS);
    try {
      const answer = await this.#ask({ method: 'GET', path: '/ready', headers: {}, signal });
      await buffer(answer);
      return answer.statusCode === 200;
    } catch {
      return false;
    }
  }

  async #ask(options: RequestOptions, body?: Uint8Array): Promise<IncomingMessage> {
    const { protocol, hostname, port, pathname } = this.#base;
    const request = protocol === 'https:' ? requestHttps : requestHttp;
    const outgoing = request({
      ...options,
      // An address of IPv6 stands in brackets in a URL, and nowhere else.
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      path: pathname.replace(/\/$/, '') + options.path,
      agent: false,
    });
    // A failure after the head of the answer is reported by the answer.
    outgoing.on('error', () => {});
    outgoing.end(body);
    const [answer]: IncomingMessage[] = await once(outgoing, 'response');
    if (answer) return answer;
    throw unreachable(undefined);
  }
}

async function readResponse(answer: IncomingMessage): Promise<Response> {
  const { statusCode: status = 0 } = answer;
  if (ABSENT.includes(status)) {
    answer.resume();
    throw new ServerError(
      'SERVER_ABSENT',
      `There is no server that answers: its load balancer says ${status}.`,
    );
  }
  const init = { status, headers: answeredHeaders(answer.headers) };
  if (WITHOUT_BODY.includes(status)) {
    answer.resume();
    return new Response(null, init);
  }
  const length = Number(answer.headers['content-length'] ?? Number.NaN);
  if (length <= READ_WHOLE_BYTES) return new Response(new Uint8Array(await buffer(answer)), init);
  return new Response(Readable.toWeb(answer), init);
}

function unreachable(cause: unknown): ServerError {
  return new ServerError('SERVER_UNREACHABLE', 'The server cannot be reached.', { cause });
}
