/** Links to objects. Loaded with the first of them. */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { S3Objects } from './s3-objects.ts';

/** Whoever has the link may read the object, for so long and while the credentials that signed it are valid. */
export function presignObject({ client, bucket }: S3Objects, key: string, seconds: number): Promise<string> {
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  return getSignedUrl(client, command, { expiresIn: seconds });
}
