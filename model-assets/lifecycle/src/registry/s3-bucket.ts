/** The bucket of a registry: every request that a registry makes, with errors that say what to do. */
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createS3Client } from '@pilotlight/app/internal/aws/s3-client';
import { type ListedObject, objectsBelow } from '@pilotlight/app/internal/aws/s3-list';
import { type ObjectHead, S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import { readRange } from '@pilotlight/engine/internal/store/s3/read-range';
import { S3Reader } from '@pilotlight/engine/internal/store/s3/s3-reader';
import { DEFAULT_TRANSFER } from '@pilotlight/engine/internal/store/s3/transfer';
import type { FileDigest } from '@pilotlight/model-format';
import { parseRegistryAddress } from '@pilotlight/model-format/internal/registry/address';
import { LifecycleError } from '../errors.ts';
import { explainS3Error } from './s3-errors.ts';
import { SHA256_METADATA, type Upload, uploadFile } from './s3-upload.ts';

export type { ListedObject, ObjectHead };

/** Attempts at a request before somebody at a terminal is told that it failed. */
const ATTEMPTS = 5;
const LONGEST_OBJECT = 5 * 2 ** 40;

/** Keys are those below the prefix of the registry. */
export class RegistryBucket {
  /** `s3://BUCKET/PREFIX`. */
  readonly address: string;
  /** Reads objects by their whole keys. */
  readonly reader: S3Reader;
  readonly #client: S3Client;
  readonly #objects: S3Objects;
  readonly #bucket: string;
  readonly #prefix: string;

  private constructor(client: S3Client, bucket: string, prefix: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#objects = new S3Objects(client, bucket);
    this.address = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
    this.reader = new S3Reader(bucket, client);
  }

  /** @throws LifecycleError USAGE */
  static open(
    address: string,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ): RegistryBucket {
    const place = parseRegistryAddress(address);
    if (!place) {
      const message = `A registry is a bucket or a folder in one, such as s3://acme-models/registry, not ${JSON.stringify(address)}.`;
      throw new LifecycleError('USAGE', message);
    }
    const { bucket, prefix } = place;
    const client = createS3Client(environment, { maxAttempts: ATTEMPTS, followRegionRedirects: true });
    return new RegistryBucket(client, bucket, prefix);
  }

  /** The address of an object, for people. */
  url(key: string): string {
    return `s3://${this.#bucket}/${this.#prefix}${key}`;
  }

  /** Of an object of more than `maxBytes` one byte more comes: its `bytes` are above them. */
  async read(
    key: string,
    maxBytes: number,
  ): Promise<(ObjectHead & { readonly body: Uint8Array }) | undefined> {
    return this.#ask(key, () => this.#objects.read(this.#key(key), maxBytes));
  }

  /** The sha256 that whoever wrote the object gave it; nothing where there is no object, or no sum. */
  async givenSha256(key: string): Promise<string | undefined> {
    const head = await this.#ask(key, () => this.#objects.head(this.#key(key)));
    return head?.metadata[SHA256_METADATA];
  }

  /** Size and sha256 of the bytes of an object, all of which are read. */
  async digest(key: string, onBytes: (bytes: number) => void = () => {}): Promise<FileDigest> {
    const hash = createHash('sha256');
    let bytes = 0;
    const request = {
      key: this.#key(key),
      range: { start: 0, end: LONGEST_OBJECT },
      progressCounts: true,
    };
    await this.#ask(key, async () => {
      for await (const chunk of readRange(this.reader, request, DEFAULT_TRANSFER)) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        onBytes(chunk.byteLength);
      }
    });
    return { bytes, sha256: hash.digest('hex') };
  }

  /** Writes JSON where `replaces` is still what lies there, or nothing does where it is undefined; says whether it wrote. */
  async replace(key: string, text: string, replaces: ObjectHead | undefined): Promise<boolean> {
    // A condition without an ETag is none, and would write over what others have added.
    if (replaces?.etag === '') {
      const message = `${this.url(key)} came without an ETag, so that nobody can change it safely. Use an S3 that gives ETags, and look at the proxy in between.`;
      throw new LifecycleError('REGISTRY_UNREACHABLE', message);
    }
    const object = {
      key: this.#key(key),
      body: Buffer.from(text),
      contentType: 'application/json',
      metadata: {},
    };
    return this.#ask(key, () => this.#objects.put(object, replaces));
  }

  /** Writes an object in the place of one that may be there. */
  async put(key: string, content: Uint8Array, sha256: string): Promise<void> {
    await this.#ask(key, () =>
      this.#client.send(
        new PutObjectCommand({
          Bucket: this.#bucket,
          Key: this.#key(key),
          Body: content,
          ContentType: 'application/json',
          Metadata: { [SHA256_METADATA]: sha256 },
        }),
      ),
    );
  }

  /** Writes a file where no object is, and says whether it did. */
  async upload(key: string, file: Omit<Upload, 'bucket' | 'key'>): Promise<boolean> {
    return this.#ask(key, () =>
      uploadFile(this.#client, { ...file, bucket: this.#bucket, key: this.#key(key) }),
    );
  }

  async list(below: string): Promise<ListedObject[]> {
    const found: ListedObject[] = [];
    await this.#ask(below, async () => {
      for await (const object of objectsBelow(this.#client, this.#bucket, this.#key(below)))
        found.push({ ...object, key: object.key.slice(this.#prefix.length) });
    });
    return found;
  }

  async delete(key: string): Promise<void> {
    await this.#ask(key, () => this.#objects.delete(this.#key(key)));
  }

  /** Gives up uploads below a prefix that were begun before `before` and never completed; gives their number. */
  async abortUploads(below: string, before: Date): Promise<number> {
    return this.#ask(below, async () => {
      const Bucket = this.#bucket;
      const { Uploads = [] } = await this.#client.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: this.#key(below) }),
      );
      const old = Uploads.filter(({ Initiated }) => Initiated !== undefined && Initiated < before);
      for (const { Key, UploadId } of old)
        await this.#client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      return old.length;
    });
  }

  #key(key: string): string {
    return this.#prefix + key;
  }

  async #ask<Result>(key: string, request: () => Promise<Result>): Promise<Result> {
    try {
      return await request();
    } catch (error) {
      throw explainS3Error(error, this.url(key));
    }
  }
}
