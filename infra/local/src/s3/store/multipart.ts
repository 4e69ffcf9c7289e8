/** Uploads in parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
import { createHash, randomBytes } from 'node:crypto';
import { S3Error } from '../errors.ts';
import { type Bucket, compareKeys } from './bucket.ts';
import { checkWrite, type WriteConditions } from './conditions.ts';
import { type Content, readContents, removeContent, type StoredObject, writeContent } from './content.ts';

/** Every part but the last. */
const MIN_PART_BYTES = 5 * 2 ** 20;
const MAX_OBJECT_BYTES = 5 * 2 ** 40;

export interface Part extends Content {
  readonly modified: Date;
}

/** A part as the client that completes an upload names it. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
}

interface Upload {
  readonly key: string;
  readonly headers: StoredObject['headers'];
  readonly parts: Map<number, Part>;
  readonly initiated: Date;
}

export interface ListedUpload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
}

export class MultipartUploads {
  readonly #bucket: Bucket;
  readonly #uploads = new Map<string, Upload>();

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  create(key: string, headers: StoredObject['headers']): string {
    const id = randomBytes(16).toString('hex');
    this.#uploads.set(id, { key, headers, parts: new Map(), initiated: new Date() });
    return id;
  }

  /** The uploads that were neither completed nor given up, in the order of their keys, and of their beginning. */
  list(prefix: string): ListedUpload[] {
    return [...this.#uploads]
      .flatMap(([id, { key, initiated }]) => (key.startsWith(prefix) ? { id, key, initiated } : []))
      .sort(
        (left, right) => compareKeys(left.key, right.key) || Number(left.initiated) - Number(right.initiated),
      );
  }

  /** The parts that are there, by their numbers. @throws S3Error NoSuchUpload */
  parts(id: string, key: string): ReadonlyMap<number, Part> {
    return this.#get(id, key).parts;
  }

  /** Takes the place of an earlier part of the same number. @throws S3Error NoSuchUpload; what `source` throws */
  async put(id: string, key: string, number: number, source: AsyncIterable<Uint8Array>): Promise<Part> {
    const part = { ...(await writeContent(this.#bucket.folder, source)), modified: new Date() };
    // The upload may have been completed or given up meanwhile.
    if (!this.#uploads.has(id)) await removeContent(part);
    const { parts } = this.#get(id, key);
    const before = parts.get(number);
    parts.set(number, part);
    if (before) await removeContent(before);
    return part;
  }

  /** @throws S3Error NoSuchUpload, InvalidPart, InvalidPartOrder, EntityTooSmall, PreconditionFailed, ConditionalRequestConflict, NoSuchKey */
  async complete(
    id: string,
    key: string,
    named: readonly NamedPart[],
    conditions: WriteConditions,
  ): Promise<StoredObject> {
    const upload = this.#get(id, key);
    const parts = chooseParts(upload.parts, named);
    const begun = this.#bucket.find(key);
    checkWrite(conditions, begun);
    // Nobody else completes it, or adds to it, while its parts are joined.
    this.#uploads.delete(id);
    try {
      const content = await writeContent(this.#bucket.folder, readContents(parts), MAX_OBJECT_BYTES);
      const etag = `"${combinedMd5(parts)}-${parts.length}"`;
      const object = { ...content, etag, headers: upload.headers };
      const stored = await this.#bucket.put(key, object, conditions, begun);
      await removeParts(upload);
      return stored;
    } catch (error) {
      this.#uploads.set(id, upload);
      throw error;
    }
  }

  /** @throws S3Error NoSuchUpload */
  async abort(id: string, key: string): Promise<void> {
    const upload = this.#get(id, key);
    this.#uploads.delete(id);
    await removeParts(upload);
  }

  #get(id: string, key: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload?.key === key) return upload;
    throw new S3Error('NoSuchUpload', 'There is no such upload; it may be completed or given up.');
  }
}

function chooseParts(parts: ReadonlyMap<number, Part>, named: readonly NamedPart[]): Part[] {
  if (named.some(({ number }, i) => number <= (named[i - 1]?.number ?? 0))) {
    throw new S3Error('InvalidPartOrder', 'Parts are listed in ascending order of their numbers.');
  }
  return named.map(({ number, etag }, i) => {
    const part = parts.get(number);
    if (part?.md5 !== etag.replaceAll('"', '')) {
      throw new S3Error('InvalidPart', `Part ${number} is not there, or has another ETag.`);
    }
    if (i < named.length - 1 && part.bytes < MIN_PART_BYTES) {
      throw new S3Error('EntityTooSmall', `Part ${number} has less than 5 MiB and is not the last.`);
    }
    return part;
  });
}

function combinedMd5(parts: readonly Part[]): string {
  return createHash('md5')
    .update(Buffer.concat(parts.map(({ md5 }) => Buffer.from(md5, 'hex'))))
    .digest('hex');
}

async function removeParts({ parts }: Upload): Promise<void> {
  for (const part of parts.values()) await removeContent(part);
}
