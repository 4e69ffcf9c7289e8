/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
import type { StoredObject } from '../store/content.ts';

export type EventName =
  | 'ObjectCreated:Put'
  | 'ObjectCreated:Copy'
  | 'ObjectCreated:CompleteMultipartUpload'
  | 'ObjectRemoved:Delete';

/** The notification of what became of one object, as JSON; a removed one has no size. */
export function notification(
  eventName: EventName,
  place: { readonly bucket: string; readonly key: string; readonly sequence: number },
  object?: Pick<StoredObject, 'bytes' | 'md5' | 'etag'>,
): string {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventTime: new Date().toISOString(),
    eventName,
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: place.bucket, arn: `arn:aws:s3:::${place.bucket}` },
      object: {
        key: encodeKey(place.key),
        ...(object && { size: object.bytes, eTag: object.etag.replaceAll('"', '') }),
        sequencer: place.sequence.toString(16).padStart(16, '0').toUpperCase(),
      },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** S3 encodes keys in notifications as in a query. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}
