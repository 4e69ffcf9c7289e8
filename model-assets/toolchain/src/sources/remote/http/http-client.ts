/** Requests to one host and to those that it sends to, of which it alone is shown who asks. */
import { ObjectError } from '@pilotlight/engine/internal/store/s3/objects';
import { retry } from '@pilotlight/model-format/internal/network/retry';
import { ToolchainError } from '../../../errors.ts';
import { RateLimit } from './rate-limit.ts';

export interface HttpClientOptions {
  /** Its origin gets `authorization`, and no other. */
  readonly endpoint: URL;
  /** @default - nobody in particular asks */
  readonly authorization?: string | undefined;
  /** The error of an answer of the endpoint that another attempt does not mend. */
  readonly explain: (response: Response) => ToolchainError;
  /** What may be done where the host takes no more requests for long. */
  readonly adviceOnLimit: string;
  /** Is told how long the host wants to be left alone, in words. */
  readonly onPause: (words: string) => void;
}

export interface HttpAnswer {
  readonly response: Response;
  /** The address that answered, after all redirects. */
  readonly location: URL;
}

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const MOST_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** The answers that another attempt may mend. */
const BUSY: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
/** An answer about a model takes less, unless the host does not work. */
const METADATA_MS = 60_000;
/** A page of a thousand files has some 300 kB. */
const METADATA_BYTES = 64e6;
const ATTEMPTS = 5;
const BACKOFF = { firstMs: 150, longestMs: 5_000 };

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #limit: RateLimit;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#limit = new RateLimit(options.endpoint.host, options.adviceOnLimit, options.onPause);
  }

  /** The name of the endpoint in messages. */
  get host(): string {
    return this.#options.endpoint.host;
  }

  /** Waits until the hosts take requests again. */
  pause(signal?: AbortSignal): Promise<void> {
    return this.#limit.wait(signal);
  }

  /**
   * `fetch` for small answers: waits where it is asked to, tries again where that may help, and gives good answers alone.
   *
   * @throws ToolchainError, ObjectError once no attempt is left
   */
  readonly fetch = (input: string | URL | Request): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const once = async () => {
      await this.pause();
      const { response } = await this.request(url, { signal: AbortSignal.timeout(METADATA_MS) });
      return new Response(await readSmall(response, url), response);
    };
    const isTransient = (error: unknown) => error instanceof ObjectError && error.transient;
    return retry(once, { attempts: ATTEMPTS, isTransient, ...BACKOFF });
  };

  /**
   * One attempt at a GET, over redirects. Signed addresses, to which hosts redirect, are in no message.
   *
   * @throws ObjectError where another attempt may succeed, else ToolchainError
   */
  async request(url: URL, { headers = {}, signal }: HttpRequest): Promise<HttpAnswer> {
    const { endpoint, authorization, explain } = this.#options;
    let location = url;
    for (let redirects = 0; ; redirects++) {
      const isOwn = location.origin === endpoint.origin;
      const response = await fetch(location, {
        headers: { ...headers, ...(isOwn && authorization !== undefined && { authorization }) },
        redirect: 'manual',
        ...(signal && { signal }),
      }).catch((cause: unknown) => {
        throw unreachable(location, cause);
      });
      if (response.ok) return { response, location };
      await response.body?.cancel();
      const next = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
      if (next !== null) {
        if (redirects === MOST_REDIRECTS) throw unavailable(`${this.host} redirects in a circle.`);
        location = follow(location, next);
        continue;
      }
      if (BUSY.includes(response.status)) {
        this.#limit.note(response);
        throw new ObjectError('SERVER_BUSY', `${location.host} answered with ${response.status}.`);
      }
      throw isOwn ? explain(response) : refusedElsewhere(location, this.host, response);
    }
  }
}

/** The bytes of an answer, decompressed. @throws ObjectError, ToolchainError where it has more than anybody says of a model */
async function readSmall(response: Response, url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > METADATA_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unreachable(url, cause);
  }
  if (bytes <= METADATA_BYTES) return Buffer.concat(chunks);
  throw unavailable(
    `${url.host} answers with more than ${METADATA_BYTES / 1e6} MB where it is asked about a model.`,
  );
}

/** @throws ToolchainError where the way leads from a connection that nobody can read to one that anybody can */
function follow(from: URL, to: string): URL {
  const next = new URL(to, from);
  if (next.protocol === 'https:' || next.protocol === from.protocol) return next;
  throw unavailable(
    `${from.host} redirects from ${from.protocol}// to ${next.protocol}//, which is not followed.`,
  );
}

function unreachable(url: URL, cause: unknown): ObjectError {
  if (cause instanceof Error && cause.name === 'TimeoutError') {
    return new ObjectError('CONNECTION_STALLED', `${url.host} did not answer in time.`, { cause });
  }
  return new ObjectError('CONNECTION_FAILED', `${url.host}: ${reasonOfFetch(cause)}.`, { cause });
}

/** `fetch` says no more than that it failed; its cause has the code. */
function reasonOfFetch(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && cause.code !== undefined ? String(cause.code) : cause.message;
}

function refusedElsewhere(location: URL, host: string, { status }: Response): ToolchainError {
  return unavailable(
    `${location.host}, to which ${host} sends for files, answered with ${status}. A proxy or a firewall may be in between.`,
  );
}

function unavailable(message: string): ToolchainError {
  return new ToolchainError('SOURCE_UNAVAILABLE', message);
}
