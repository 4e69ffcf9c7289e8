/** The requests to S3 beside streams: heads, small objects, and writes that know which object they replace. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isMissingObject, isS3Status } from './s3-errors.ts';

export interface ObjectHead {
  /** With its quotes, as S3 gives it. */
  readonly etag: string;
  readonly bytes: number;
  readonly versionId?: string;
  /** When it was written, to the second. */
  readonly modified?: string;
  /** As the writer gave it. */
  readonly contentEncoding?: string;
  /** The metadata that the writer gave, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface NewObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Answers that break off, one after the other, before it is given up. */
const BROKEN_ANSWERS = 6;

/** One bucket. */
export class S3Objects {
  readonly client: S3Client;
  readonly bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.client = client;
    this.bucket = bucket;
  }

  /** Gives nothing if there is no such object. */
  async head(key: string): Promise<ObjectHead | undefined> {
    try {
      const head = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return {
        etag: head.ETag ?? '',
        bytes: head.ContentLength ?? 0,
        ...(head.VersionId === undefined ? {} : { versionId: head.VersionId }),
        ...(head.LastModified === undefined ? {} : { modified: head.LastModified.toISOString() }),
        ...(head.ContentEncoding === undefined ? {} : { contentEncoding: head.ContentEncoding }),
        metadata: head.Metadata ?? {},
      };
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      throw error;
    }
  }

  /**
   * An object whole, with the head of these very bytes; nothing where there is none. An answer that breaks off is asked for again.
   *
   * @param maxBytes - of a longer object one byte more comes, and no others: `bytes` says so. @default - all come, however many there are
   */
  async read(
    key: string,
    maxBytes?: number,
  ): Promise<(ObjectHead & { readonly body: Uint8Array }) | undefined> {
    for (let broken = 1; ; broken++) {
      const answer = await this.#get(key, maxBytes);
      if (!answer) return undefined;
      try {
        const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
        return { etag: answer.ETag ?? '', bytes: body.byteLength, metadata: answer.Metadata ?? {}, body };
      } catch (error) {
        if (broken >= BROKEN_ANSWERS) throw error;
      }
    }
  }

  async #get(key: string, maxBytes?: number): Promise<GetObjectCommandOutput | undefined> {
    const range = maxBytes === undefined ? {} : { Range: `bytes=0-${maxBytes}` };
    try {
      return await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, ...range }));
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      // It is empty, and has no range.
      if (maxBytes !== undefined && isS3Status(error, 416)) return this.#get(key);
      throw error;
    }
  }

  /** The text of an object of at most `maxBytes`; nothing where there is none. */
  async text(key: string, maxBytes: number): Promise<string | undefined> {
    try {
      const Range = `bytes=0-${maxBytes - 1}`;
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, Range }));
      return await Body?.transformToString('utf8');
    } catch (error) {
      if (isMissingObject(error)) return undefined;
      if (isS3Status(error, 416)) return '';
      throw error;
    }
  }

  /**
   * Writes only where `replaces` is still what lies there; where it is undefined, only where nothing does. Says
   * whether it wrote.
   */
  async put(object: NewObject, replaces: ObjectHead | undefined): Promise<boolean> {
    const condition = replaces ? { IfMatch: replaces.etag } : { IfNoneMatch: '*' };
    try {
      await this.client.send(
        new PutObjectCommand({
          Bucket: this.bucket,
          Key: object.key,
          Body: object.body,
          ContentType: object.contentType,
          Metadata: object.metadata,
          ...condition,
        }),
      );
      return true;
    } catch (error) {
      if (isS3Status(error, 412) || isS3Status(error, 409) || (replaces && isS3Status(error, 404)))
        return false;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }));
  }
}
