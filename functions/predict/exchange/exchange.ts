/** Request and answer of an invocation, in the place of Node's: see ADR-exchange.md. */
import { Body, type BodyInit } from './body.ts';
import { Headers } from './headers.ts';

export { Headers };

const TEXT = 'text/plain;charset=UTF-8';
/** Statuses whose answers have no body. */
const EMPTY = [101, 103, 204, 205, 304];
const NEVER_SENT = ['CONNECT', 'TRACE', 'TRACK'];

/** The names and values of headers. */
type HeadersInit = ConstructorParameters<typeof Headers>[0];

interface RequestInit {
  readonly method?: string;
  readonly headers?: HeadersInit;
  readonly body?: BodyInit;
}

function headersFor(init: HeadersInit, body: BodyInit): Headers {
  const headers = new Headers(init);
  if (typeof body === 'string' && !headers.has('content-type')) headers.set('content-type', TEXT);
  return headers;
}

export class Request extends Body {
  /** In its normal form. */
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  #signal: AbortSignal | undefined;

  /** @throws TypeError for what is no URL, a method that is never sent, and a GET or HEAD with a body */
  constructor(url: string, { method = 'GET', headers, body }: RequestInit = {}) {
    super(body);
    this.url = new URL(url).href;
    this.method = method.toUpperCase();
    if (NEVER_SENT.includes(this.method)) throw new TypeError(`The method ${method} is never sent.`);
    if (body != null && (this.method === 'GET' || this.method === 'HEAD')) {
      throw new TypeError(`A request by ${this.method} has no body.`);
    }
    this.headers = headersFor(headers, body);
  }

  /** Never aborted: Lambda does not say that a client is gone. */
  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }
}

interface ResponseInit {
  readonly status?: number;
  readonly headers?: HeadersInit;
}

export class Response extends Body {
  readonly status: number;
  readonly headers: Headers;

  /** @throws RangeError for a status that no answer has, TypeError for a body where the status has none */
  constructor(body?: BodyInit, { status = 200, headers }: ResponseInit = {}) {
    super(body);
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`No answer has the status ${status}.`);
    }
    if (body != null && EMPTY.includes(status)) throw new TypeError(`An answer of ${status} has no body.`);
    this.status = status;
    this.headers = headersFor(headers, body);
  }

  get ok(): boolean {
    return this.status < 300;
  }
}
