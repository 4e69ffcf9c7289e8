/** From the bytes of a request to a JSON value, with every limit checked before what it protects. */
import { HttpError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { jsonBounds, refuseMoreJson } from './json-bounds.ts';
import { contentCoding, requireJson } from './media-type.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

export interface JsonShape {
  /** The number of values that stand for one token. @default 1 */
  readonly tensors?: number;
}

/** The body of one request. Its bytes are kept where somebody else may have to read them, too. */
export class RequestBody {
  readonly #request: Request;
  readonly #limits: Limits;
  readonly #keeps: boolean;
  #kept: Promise<Uint8Array> | undefined;
  #value: unknown;

  constructor(request: Request, limits: Limits, keeps: boolean) {
    this.#request = request;
    this.#limits = limits;
    this.#keeps = keeps;
  }

  /** The bytes, decompressed but not parsed. @throws HttpError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, INVALID_REQUEST */
  bytes(): Promise<Uint8Array> {
    const { maxBodyBytes } = this.#limits;
    if (!this.#keeps) return readBytes(this.#request, maxBodyBytes);
    this.#kept ??= readBytes(this.#request, maxBodyBytes);
    return this.#kept;
  }

  /** @throws HttpError UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, INVALID_REQUEST, INVALID_JSON, JSON_TOO_DEEP */
  async json(shape: JsonShape = {}): Promise<unknown> {
    requireJson(this.#request.headers);
    return this.parse(await this.bytes(), shape);
  }

  /** The JSON of a part of the body. @throws HttpError BODY_TOO_LARGE, INVALID_JSON, JSON_TOO_DEEP */
  parse(bytes: Uint8Array, { tensors = 1 }: JsonShape = {}): unknown {
    if (bytes.byteLength === 0) throw invalid('The body is empty. Send {"inputs": "a text"}.');
    refuseMoreJson(bytes, jsonBounds(this.#limits, tensors));
    this.#value = parse(decode(bytes));
    return this.#value;
  }

  /** The JSON of the body, or of its part that is JSON, once it was read. */
  get value(): unknown {
    return this.#value;
  }
}

/**
 * A server holds a sender to the Content-Length that it gave, so that such a body can be read in one piece; one
 * without is counted as it arrives, and one that is compressed as it is decompressed, too, and given up at the limit.
 */
async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length');
  const coding = contentCoding(request.headers);
  if (Number(declared) > limit) throw tooLarge(limit);
  try {
    // `request.body` makes a whole Request with a stream of what Node has already, at half the price of a call of /tokenize.
    if (coding !== undefined && request.body !== null) {
      const { decompress } = await import('./decompress.ts');
      return await join(limitBytes(limit, decompress(limitBytes(limit, request.body), coding)));
    }
    if (declared === null) return await join(limitBytes(limit, request.body ?? []));
    const bytes = new Uint8Array(await request.arrayBuffer());
    if (bytes.byteLength > limit) throw tooLarge(limit);
    return bytes;
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    throw new HttpError('INVALID_JSON', 'The body ended before it was complete.', { cause });
  }
}

/** Passes on the pieces, as long as they have no more bytes than `limit`. @throws HttpError BODY_TOO_LARGE */
async function* limitBytes(
  limit: number,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.byteLength;
    if (size > limit) throw tooLarge(limit);
    yield piece;
  }
}

async function join(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw invalid('The body is not valid UTF-8.', cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid('The body is not valid JSON. Send {"inputs": "a text"}.', cause);
  }
}

function invalid(message: string, cause?: unknown): HttpError {
  return new HttpError('INVALID_JSON', message, { cause });
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError('BODY_TOO_LARGE', `The body is larger than ${maxBytes} bytes. Send fewer inputs.`, {
    details: { maxBytes },
  });
}
