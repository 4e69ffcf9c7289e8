/** Reads the objects of an S3 bucket. It is imported only where packages are in a bucket, because the SDK is slow to load. */
import { addAbortSignal, Readable } from 'node:stream';
import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import {
  ObjectError,
  type ObjectErrorCode,
  type ObjectPart,
  type ObjectReader,
  type ReadOptions,
} from './objects.ts';

const CODE_OF_STATUS: Readonly<Record<number, ObjectErrorCode>> = {
  304: 'OBJECT_UNCHANGED',
  403: 'ACCESS_DENIED',
  404: 'OBJECT_MISSING',
  408: 'SERVER_BUSY',
  412: 'OBJECT_CHANGED',
  416: 'OBJECT_CHANGED',
  429: 'SERVER_BUSY',
};

/** Region, credentials and endpoint are those of the SDK's own variables, `AWS_REGION`, `AWS_ENDPOINT_URL_S3` and so on. */
export class S3Reader implements ObjectReader {
  readonly #bucket: string;
  readonly #client: S3Client;

  constructor(bucket: string, client: S3Client) {
    this.#bucket = bucket;
    this.#client = client;
  }

  /** On a client of its own, for packages. */
  static connect(bucket: string, connectTimeoutMs: number): S3Reader {
    const client = new S3Client({
      // Fetching knows which part of a range is worth a retry, and the SDK does not.
      maxAttempts: 1,
      // Every byte is compared with a sha256 of the manifest.
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: connectTimeoutMs },
    });
    return new S3Reader(bucket, client);
  }

  async read(key: string, { range, etag, unless, signal }: ReadOptions): Promise<ObjectPart> {
    const command = new GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Range: `bytes=${range.start}-${range.end - 1}`,
      IfMatch: etag,
      IfNoneMatch: unless,
    });
    const { Body, ETag, ContentRange } = await this.#client
      .send(command, { abortSignal: signal })
      .catch((cause: unknown) => {
        throw this.#error(classifyError(cause), key, cause);
      });
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange ?? '') ?? [];
    if (!(Body instanceof Readable) || Number(start) !== range.start) {
      throw this.#error('REQUEST_REFUSED', key, `it answered with the range ${ContentRange}`);
    }
    return { etag: ETag, objectBytes: Number(total), body: this.#body(addAbortSignal(signal, Body), key) };
  }

  async *#body(body: Readable, key: string): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (cause) {
      throw this.#error('CONNECTION_FAILED', key, cause);
    }
  }

  #error(code: ObjectErrorCode, key: string, cause: unknown): ObjectError {
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    return new ObjectError(code, `s3://${this.#bucket}/${key} cannot be read: ${reason}`, { cause });
  }
}

/** Errors without an answer come from the network, except those that the SDK raises before it asks. */
function classifyError(error: unknown): ObjectErrorCode {
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode ?? 500;
    return CODE_OF_STATUS[status] ?? (status >= 500 ? 'SERVER_BUSY' : 'REQUEST_REFUSED');
  }
  const name = error instanceof Error ? error.name : '';
  return name === 'CredentialsProviderError' ? 'ACCESS_DENIED' : 'CONNECTION_FAILED';
}
