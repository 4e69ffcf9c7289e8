/** The messages of the queue: files that have arrived, in the words of S3 or EventBridge, or a file to go on with. */
import * as z from 'zod/mini';
import { BatchError } from '../errors.ts';

export interface ObjectRef {
  readonly bucket: string;
  readonly key: string;
  /** Without quotes. Missing where the message does not say. */
  readonly etag?: string;
}

/** An object to process; `parts` is how many parts an earlier invocation has written. */
export interface ObjectJob extends ObjectRef {
  readonly parts?: number;
}

const optionalText = z.optional(z.string());

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const notificationSchema = z.object({
  Records: z
    .array(
      z.object({
        eventSource: z.literal('aws:s3'),
        eventName: z.string(),
        s3: z.object({
          bucket: z.object({ name: z.string() }),
          object: z.object({ key: z.string(), eTag: optionalText }),
        }),
      }),
    )
    .check(z.minLength(1)),
});
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const eventBridgeSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({ key: z.string(), etag: optionalText }),
  }),
});
/** The envelope of a topic between S3 and the queue. https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html */
const topicSchema = z.object({
  Type: z.literal('Notification'),
  TopicArn: z.string(),
  Message: z.string(),
});
/** S3 sends one when notifications are configured. */
const testSchema = z.object({ Service: z.literal('Amazon S3'), Event: z.literal('s3:TestEvent') });

const CONTINUATION = 'pilotlight.batch.continuation';
const continuationSchema = z.strictObject({
  source: z.literal(CONTINUATION),
  bucket: z.string(),
  key: z.string(),
  etag: z.string(),
  /** Parts that are written. */
  parts: z.int().check(z.nonnegative()),
  /** Where the next one begins, for those who read the queue. */
  row: z.int(),
  byte: z.int(),
});
export type Continuation = z.infer<typeof continuationSchema>;

export function continuation(place: Omit<Continuation, 'source'>): Continuation {
  return { source: CONTINUATION, ...place };
}

/** The objects that a message asks to process; none for a test event or a deletion. @throws BatchError EVENT_NOT_UNDERSTOOD */
export function parseMessage(message: string): ObjectJob[] {
  const outer = parseJson(message);
  const topic = topicSchema.safeParse(outer);
  const body = topic.success ? parseJson(topic.data.Message) : outer;
  const going = continuationSchema.safeParse(body);
  if (going.success) return [going.data];
  const notification = notificationSchema.safeParse(body);
  if (notification.success) return notification.data.Records.flatMap(readNotification);
  const event = eventBridgeSchema.safeParse(body);
  if (event.success) return readEventBridge(event.data);
  if (testSchema.safeParse(body).success) return [];
  throw new BatchError(
    'EVENT_NOT_UNDERSTOOD',
    'The message is no notification of S3, no event of EventBridge and no continuation.',
  );
}

function readNotification({
  eventName,
  s3: { bucket, object },
}: z.infer<typeof notificationSchema>['Records'][number]): ObjectJob[] {
  if (!/^(s3:)?ObjectCreated:/.test(eventName)) return [];
  const key = decodeKey(object.key);
  return [{ bucket: bucket.name, key, ...(object.eTag === undefined ? {} : { etag: object.eTag }) }];
}

/** Unlike notifications, events of EventBridge have keys as they are. */
function readEventBridge({ 'detail-type': type, detail }: z.infer<typeof eventBridgeSchema>): ObjectJob[] {
  if (type !== 'Object Created') return [];
  const { bucket, object } = detail;
  return [
    { bucket: bucket.name, key: object.key, ...(object.etag === undefined ? {} : { etag: object.etag }) },
  ];
}

/** Keys are encoded as in a query: a space is a plus sign. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (cause) {
    throw new BatchError(
      'EVENT_NOT_UNDERSTOOD',
      `The key ${JSON.stringify(key)} is not encoded as S3 does.`,
      { cause },
    );
  }
}

function parseJson(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch (cause) {
    throw new BatchError('EVENT_NOT_UNDERSTOOD', 'The message is not JSON.', { cause });
  }
}
