/** Reads ranges of files over HTTP. */
import {
  ObjectError,
  type ObjectPart,
  type ObjectReader,
  type ReadOptions,
} from '@pilotlight/engine/internal/store/s3/objects';
import { ToolchainError } from '../../../errors.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';

export class HttpReader implements ObjectReader {
  readonly #client: HttpClient;
  readonly #urlFor: (path: string) => URL;
  readonly #sizeOf: (path: string) => number | undefined;
  /** Where files were found behind redirects: the host is asked for each once, not once for each part. */
  readonly #locations = new Map<string, URL>();

  /** `sizeOf` is for hosts that do not say how many bytes they send. */
  constructor(
    client: HttpClient,
    urlFor: (path: string) => URL,
    sizeOf: (path: string) => number | undefined = () => undefined,
  ) {
    this.#client = client;
    this.#urlFor = urlFor;
    this.#sizeOf = sizeOf;
  }

  async read(path: string, { range, signal }: ReadOptions): Promise<ObjectPart> {
    const headers = { range: `bytes=${range.start}-${range.end - 1}`, 'accept-encoding': 'identity' };
    const { response, location } = await this.#find(path, { headers, signal });
    this.#locations.set(path, location);
    const { start, objectBytes = this.#sizeOf(path) } = readPlace(response);
    if (start > range.start || objectBytes === undefined) {
      throw new ObjectError('REQUEST_REFUSED', `${location.host} gives no ranges of ${path}.`);
    }
    return { etag: undefined, objectBytes, body: body(response, range.start - start, location.host) };
  }

  /** Addresses behind redirects expire: then the host is asked again. */
  async #find(
    path: string,
    request: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ): Promise<HttpAnswer> {
    const known = this.#locations.get(path);
    this.#locations.delete(path);
    if (known !== undefined) {
      try {
        return await this.#client.request(known, request);
      } catch (error) {
        if (!(error instanceof ToolchainError)) throw error;
      }
    }
    return this.#client.request(this.#urlFor(path), request);
  }
}

/** First byte of the answer, and bytes of the whole file where they are known. A host that knows no ranges gives all of it. */
function readPlace({ status, headers }: Response): {
  readonly start: number;
  readonly objectBytes: number | undefined;
} {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (status === 206 && start !== undefined) return { start: Number(start), objectBytes: Number(total) };
  const length = headers.get('content-length');
  return { start: 0, objectBytes: status === 200 && length !== null ? Number(length) : undefined };
}

async function* body(response: Response, skip: number, host: string): AsyncGenerator<Uint8Array> {
  let left = skip;
  try {
    for await (const chunk of response.body ?? []) {
      const own = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - own.length;
      if (own.length > 0) yield own;
    }
  } catch (cause) {
    throw new ObjectError('CONNECTION_FAILED', `The connection to ${host} broke.`, { cause });
  }
}
