/** Files into objects that nobody has written yet: small ones at once, large ones in parts. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isS3Status } from '@pilotlight/app/internal/aws/s3-errors';
import { retry } from '@pilotlight/model-format/internal/network/retry';
import { LifecycleError } from '../errors.ts';

/** A file is put in parts from here on: large enough that the time to answer is little of it, small enough to be sent again. */
const PART_BYTES = 16 * 2 ** 20;
const MAX_PARTS = 10_000;
/** Parts of one file in flight, and in memory. */
const PARALLEL_PARTS = 4;

/** Attempts where others write the same object at the same time. */
const CONFLICTS = { attempts: 5, firstMs: 100, longestMs: 2_000 };

/** The name of the metadata that has the sha256 of the whole object: S3 keeps none of an object that came in parts. */
export const SHA256_METADATA = 'sha256';

export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly path: string;
  readonly bytes: number;
  /** The sum that the file must have. */
  readonly sha256: string;
  /** Gets the bytes that arrived, piece by piece. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Writes the object where there is none, and says whether it did. S3 compares each piece with its sha256, and nothing is written of a
 * file that changes while it is read.
 *
 * @throws LifecycleError FILE_CHANGED; what the client throws
 */
export function uploadFile(client: S3Client, upload: Upload): Promise<boolean> {
  const once = async () => {
    let sent = 0;
    const onBytes = (bytes: number) => {
      sent += bytes;
      upload.onBytes?.(bytes);
    };
    try {
      return await uploadOnce(client, { ...upload, onBytes });
    } catch (error) {
      if (isOvertaken(error)) upload.onBytes?.(-sent);
      throw error;
    }
  };
  return retry(once, { ...CONFLICTS, isTransient: isOvertaken });
}

/**
 * 409: another request of the key was under way, and the whole of this one is to be sent again, which then finds the object or writes it.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
const isOvertaken = (error: unknown): boolean => isS3Status(error, 409);

async function uploadOnce(client: S3Client, upload: Upload): Promise<boolean> {
  const file = await open(upload.path);
  try {
    const isLarge = upload.bytes > PART_BYTES;
    return isLarge ? await uploadParts(client, upload, file) : await uploadWhole(client, upload, file);
  } catch (error) {
    if (isS3Status(error, 412)) return false;
    throw error;
  } finally {
    await file.close();
  }
}

async function uploadWhole(client: S3Client, upload: Upload, file: FileHandle): Promise<boolean> {
  const { bucket, key, sha256, onBytes } = upload;
  const content = await file.readFile();
  if (createHash('sha256').update(content).digest('hex') !== sha256) throw changed(upload);
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: content,
      Metadata: { [SHA256_METADATA]: sha256 },
      ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      IfNoneMatch: '*',
    }),
  );
  onBytes?.(content.byteLength);
  return true;
}

async function uploadParts(client: S3Client, upload: Upload, file: FileHandle): Promise<boolean> {
  const place = { Bucket: upload.bucket, Key: upload.key };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({
      ...place,
      Metadata: { [SHA256_METADATA]: upload.sha256 },
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  try {
    const Parts = await sendParts(client, { ...place, UploadId }, upload, file);
    await client.send(
      new CompleteMultipartUploadCommand({
        ...place,
        UploadId,
        MultipartUpload: { Parts },
        IfNoneMatch: '*',
      }),
    );
    return true;
  } catch (error) {
    // gc finds the parts that are left otherwise.
    await client.send(new AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => {});
    throw error;
  }
}

async function sendParts(
  client: S3Client,
  place: { Bucket: string; Key: string; UploadId: string | undefined },
  upload: Upload,
  file: FileHandle,
): Promise<CompletedPart[]> {
  const partBytes = Math.max(PART_BYTES, Math.ceil(upload.bytes / MAX_PARTS));
  const hash = createHash('sha256');
  const sent: CompletedPart[] = [];
  let read = 0;
  let reading: Promise<unknown> = Promise.resolve();
  // Parts are read one after the other, because the whole is hashed, and sent beside each other.
  const nextPart = (): Promise<{ number: number; content: Buffer } | undefined> => {
    const next = reading.then(async () => {
      if (read >= upload.bytes) return undefined;
      const content = Buffer.allocUnsafe(Math.min(partBytes, upload.bytes - read));
      const { bytesRead } = await file.read(content, 0, content.length, read);
      if (bytesRead < content.length) throw changed(upload);
      hash.update(content);
      read += bytesRead;
      return { number: Math.ceil(read / partBytes), content };
    });
    reading = next;
    return next;
  };
  const send = async () => {
    for (let part = await nextPart(); part !== undefined; part = await nextPart()) {
      const ChecksumSHA256 = createHash('sha256').update(part.content).digest('base64');
      const numbered = { PartNumber: part.number, ChecksumSHA256 };
      const { ETag } = await client.send(
        new UploadPartCommand({ ...place, ...numbered, Body: part.content }),
      );
      sent.push({ ...numbered, ETag });
      upload.onBytes?.(part.content.byteLength);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_PARTS }, send));
  if (hash.digest('hex') !== upload.sha256) throw changed(upload);
  return sent.sort((left, right) => (left.PartNumber ?? 0) - (right.PartNumber ?? 0));
}

function changed({ path }: Upload): LifecycleError {
  return new LifecycleError(
    'FILE_CHANGED',
    `${path} changed while it was read, and was not put. Leave the package alone, and push again.`,
  );
}
