/** The function is asked by its queue, or by Step Functions. Anything else fails loudly, before any work. */
import * as z from 'zod/mini';
import { BatchError } from './errors.ts';
import { type MapRequest, parseMapEvent } from './map/events.ts';

/**
 * The part of Lambda's SQS event that is read; other sources have neither `messageId` nor `body`.
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 */
const queueSchema = z.object({
  Records: z
    .array(
      z.object({
        eventSource: z.optional(z.literal('aws:sqs')),
        messageId: z.string().check(z.minLength(1)),
        body: z.string(),
        receiptHandle: z.optional(z.string()),
        attributes: z.optional(z.object({ ApproximateReceiveCount: z.optional(z.string()) })),
      }),
    )
    .check(z.minLength(1)),
});
/** A type, not an interface, because powertools asks for an index. */
export type QueueMessage = {
  readonly messageId: string;
  readonly body: string;
  /** By which the message is hidden. */
  readonly receiptHandle?: string | undefined;
  readonly attributes?: { readonly ApproximateReceiveCount?: string | undefined } | undefined;
};
export interface QueueEvent {
  readonly Records: QueueMessage[];
}

/** S3 and SNS, which would call the function with records of the same outer shape. */
const otherSchema = z.object({
  Records: z.array(z.object({ eventSource: z.optional(z.string()), EventSource: z.optional(z.string()) })),
});

/** @throws BatchError EVENT_NOT_UNDERSTOOD */
export function parseInvocation(event: unknown): QueueEvent | MapRequest {
  const queue = queueSchema.safeParse(event);
  if (queue.success) return queue.data;
  const other = otherSchema.safeParse(event);
  if (!other.success) return parseMapEvent(event);
  const sources = other.data.Records.map(({ eventSource, EventSource }) => eventSource ?? EventSource ?? '?');
  throw new BatchError(
    'EVENT_NOT_UNDERSTOOD',
    `The records of the event are not messages of SQS (${[...new Set(sources)].join(', ')}). Let S3, SNS or EventBridge send to the queue of the function, not to the function.`,
  );
}
