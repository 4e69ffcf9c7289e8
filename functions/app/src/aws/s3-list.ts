import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
}

/** All objects of a bucket below a prefix, in the order of their keys. */
export async function* objectsBelow(
  client: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    for (const { Key: key, Size: bytes = 0, LastModified: modified = new Date() } of page.Contents ?? [])
      if (key !== undefined) yield { key, bytes, modified };
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** The keys of all objects of a bucket below a prefix, in order. */
export async function* keysBelow(client: S3Client, bucket: string, prefix: string): AsyncGenerator<string> {
  for await (const { key } of objectsBelow(client, bucket, prefix)) yield key;
}
