/** Reads an object as a stream that survives broken connections. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { waitAfter } from '@pilotlight/model-format/internal/retry';
import { isS3Status } from './s3-errors.ts';

export interface ObjectVersion {
  readonly bucket: string;
  readonly key: string;
  /** With its quotes, as S3 gives it. */
  readonly etag: string;
  readonly bytes: number;
}

export interface ReadOptions {
  /** Longest pause between two pieces before the connection is given up. @default 20000 */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
}

/** Connections without a single byte that may follow each other. */
const ATTEMPTS = 6;
const BACKOFF = { firstMs: 100, longestMs: 3200 };

/**
 * The bytes from offset `from` to the end. A connection that breaks or falls silent is followed by another one for
 * the rest; `If-Match` sees to it that all of them read the same object.
 *
 * @throws the client's error where S3 refuses (404; 412 once the object was replaced) or nothing comes any more
 */
export async function* readObject(
  client: S3Client,
  object: ObjectVersion,
  from = 0,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  let offset = from;
  for (let failures = 0; offset < object.bytes; ) {
    try {
      for await (const chunk of connection(client, object, offset, options)) {
        offset += chunk.length;
        failures = 0;
        yield chunk;
      }
      if (offset < object.bytes) throw new TypeError('The connection ended before the object did.');
    } catch (error) {
      options.signal?.throwIfAborted();
      failures += 1;
      if (isS3Status(error, 400, 499) || failures >= ATTEMPTS) throw error;
      await waitAfter(failures, BACKOFF, options.signal);
    }
  }
}

async function* connection(
  client: S3Client,
  { bucket, key, etag }: ObjectVersion,
  from: number,
  { silenceMs = 20_000, signal }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const stop = new AbortController();
  const signals = signal ? [signal, stop.signal] : [stop.signal];
  const abortSignal = AbortSignal.any(signals);
  const Range = from === 0 ? {} : { Range: `bytes=${from}-` };
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag, ...Range });
  const timer = setTimeout(() => stop.abort(new TypeError('The connection fell silent.')), silenceMs);
  try {
    const { Body } = await client.send(command, { abortSignal });
    const chunks = Body?.transformToWebStream().values() ?? [];
    for await (const chunk of chunks) {
      timer.refresh();
      yield chunk;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}
