/** Objects whose bytes are about to be read. */
import { type FileHandle, open } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from '../errors.ts';
import type { Bucket } from '../store/bucket.ts';
import type { StoredObject } from '../store/content.ts';
import { readRange } from '../wire/range.ts';
import { parseTarget } from '../wire/target.ts';

export interface OpenObject {
  readonly object: StoredObject;
  readonly file: FileHandle;
}

/** Its bytes stay what they are while others replace it. @throws S3Error NoSuchKey */
export async function openObject(bucket: Bucket, key: string): Promise<OpenObject> {
  for (;;) {
    const object = bucket.get(key);
    try {
      return { object, file: await open(object.file) };
    } catch (error) {
      // Whoever replaced it just now has removed the file.
      if (bucket.find(key) === object) throw error;
    }
  }
}

/** The key of a copy's source, which is given as `bucket/key` or `/bucket/key`, encoded. @throws S3Error */
export function readCopySource(headers: IncomingHttpHeaders, bucket: Bucket): string {
  const condition = Object.keys(headers).find((name) => name.startsWith('x-amz-copy-source-if-'));
  if (condition !== undefined) throw new S3Error('NotImplemented', `This S3 does not know ${condition}.`);
  const source = headers['x-amz-copy-source']?.toString() ?? '';
  const target = parseTarget(source.startsWith('/') ? source : `/${source}`);
  refuseVersion(target.query);
  if (target.bucket !== bucket.name)
    throw new S3Error('NoSuchBucket', `There is one bucket, ${bucket.name}.`);
  return target.key;
}

/** The bytes of a copy's source, or of the range of them that is asked for. @throws S3Error NoSuchKey, InvalidRange */
export async function readSource(
  { object, file }: OpenObject,
  range?: string,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    return file.createReadStream(readRange(range, object.bytes) ?? {});
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws S3Error InvalidArgument */
export function refuseVersion(query: ReadonlyMap<string, string>): void {
  const version = query.get('versionId') ?? 'null';
  if (version !== 'null') throw new S3Error('InvalidArgument', 'This bucket has no versions.');
}
