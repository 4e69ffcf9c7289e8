/** Reads through broken connections: parts of packages, manifests and uploads all come through here. */
import { waitAfter } from '@pilotlight/model-format/internal/network/retry';
import { type ByteRange, ObjectError, type ObjectPart, type ObjectReader } from './objects.ts';
import type { RetryOptions } from './transfer.ts';

export interface RangeRequest {
  readonly key: string;
  /** Where the object is shorter, its bytes from `start` on are all that come. */
  readonly range: ByteRange;
  /** The ETag that the object must have, asked for before each attempt. @default - that of the first answer */
  readonly etag?: () => string | undefined;
  /** The ETag that the object must not have. @default - any */
  readonly unless?: string | undefined;
  /** Is shown every answer before its bytes; an error that it throws ends the attempt. @default - all are good */
  readonly accept?: (part: ObjectPart) => void;
  /**
   * Whether a byte that arrives makes up for the attempts that failed before it: for a stream that is longer than any number
   * of attempts is meant for. @default false
   */
  readonly progressCounts?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Gives the bytes of a range as they arrive. Another attempt follows a connection that breaks, ends early or falls silent, and asks
 * for the rest alone. Time that the consumer takes between two pieces is not silence.
 *
 * @throws ObjectError the last one, once no attempt is left or another one would not help; the reason of `signal`
 */
export async function* readRange(
  objects: ObjectReader,
  { key, range, etag, unless, accept, progressCounts = false, signal }: RangeRequest,
  options: RetryOptions,
): AsyncGenerator<Uint8Array> {
  let { start, end } = range;
  let firstEtag: string | undefined;
  const backoff = { firstMs: options.backoffMs, longestMs: options.maxBackoffMs };
  for (let failed = 0; start < end; ) {
    const attempt = new Attempt(options.stallMs, signal);
    try {
      const expected = etag ? etag() : firstEtag;
      const part = await objects.read(key, {
        range: { start, end },
        etag: expected,
        unless,
        signal: attempt.signal,
      });
      accept?.(part);
      firstEtag ??= part.etag;
      end = Math.min(end, part.objectBytes);
      for await (const chunk of part.body) {
        // Whoever sends on is not listened to.
        if (start >= end) break;
        const own = chunk.subarray(0, end - start);
        start += own.length;
        if (progressCounts) failed = 0;
        attempt.pause();
        yield own;
        attempt.expect();
      }
      if (start < end) throw new ObjectError('CONNECTION_FAILED', `${key} ended ${end - start} bytes early.`);
    } catch (error) {
      signal?.throwIfAborted();
      const reason = attempt.explain(error);
      failed += 1;
      const transient = reason instanceof ObjectError && reason.transient;
      if (!transient || failed >= options.attempts) throw reason;
    } finally {
      attempt.end();
    }
    if (start < end) await waitAfter(failed, backoff, signal);
  }
}

/** Reads one range into `into`, which is as long. @throws ObjectError */
export async function readPart(
  objects: ObjectReader,
  request: RangeRequest & { readonly into: Uint8Array },
  options: RetryOptions,
): Promise<void> {
  let filled = 0;
  for await (const chunk of readRange(objects, request, options)) {
    request.into.set(chunk, filled);
    filled += chunk.length;
  }
}

/** Reads an object whose size is not known, up to `maxBytes`. @throws ObjectError */
export async function readObject(
  objects: ObjectReader,
  key: string,
  maxBytes: number,
  options: RetryOptions,
): Promise<Buffer> {
  const accept = ({ objectBytes }: ObjectPart) => {
    if (objectBytes <= maxBytes) return;
    throw new ObjectError('CONTENT_DIFFERS', `${key} has more than ${maxBytes} bytes.`);
  };
  const chunks: Uint8Array[] = [];
  const request = { key, range: { start: 0, end: maxBytes }, accept };
  for await (const chunk of readRange(objects, request, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** One connection, which is given up once nothing arrives for so long. */
class Attempt {
  readonly signal: AbortSignal;
  readonly #stallMs: number;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #stalled = false;

  constructor(stallMs: number, signal: AbortSignal | undefined) {
    this.#stallMs = stallMs;
    this.signal = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    this.expect();
  }

  /** From now on something must arrive. */
  expect(): void {
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#stall(), this.#stallMs);
  }

  /** Nothing need arrive, because nobody reads. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The error of a connection that was given up is that it fell silent, whatever its end was reported as. */
  explain(cause: unknown): unknown {
    if (!this.#stalled) return cause;
    return new ObjectError('CONNECTION_STALLED', `Nothing arrived for ${this.#stallMs} ms.`, { cause });
  }

  end(): void {
    this.pause();
    this.#stop.abort();
  }

  #stall(): void {
    this.#stalled = true;
    this.#stop.abort();
  }
}
