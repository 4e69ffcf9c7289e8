/** Reads an object as a stream that survives broken connections, by the engine's reader of packages. */
import { type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { ObjectError } from '@pilotlight/engine/internal/store/s3/objects';
import { readRange } from '@pilotlight/engine/internal/store/s3/read-range';
import { S3Reader } from '@pilotlight/engine/internal/store/s3/s3-reader';
import { DEFAULT_TRANSFER } from '@pilotlight/engine/internal/store/s3/transfer';

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
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes from offset `from` to the end. Another connection follows one that breaks or falls silent, and asks for the rest;
 * `If-Match` ensures that all of them read the same object. Six in a row without a single byte are the end.
 *
 * @throws the client's error where S3 refuses (404; 412 once the object was replaced); ObjectError where nothing comes any more
 */
export async function* readObject(
  client: S3Client,
  { bucket, key, etag, bytes }: ObjectVersion,
  from = 0,
  { silenceMs = 20_000, signal }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const request = {
    key,
    range: { start: from, end: bytes },
    etag: () => etag,
    progressCounts: true,
    ...(signal && { signal }),
  };
  try {
    yield* readRange(new S3Reader(bucket, client), request, { ...DEFAULT_TRANSFER, stallMs: silenceMs });
  } catch (error) {
    throw error instanceof ObjectError && error.cause instanceof S3ServiceException ? error.cause : error;
  }
}
