/** What becomes of a message that failed: it comes again after some seconds, or is a dead letter at once where no try would help. */
import type { SqsQueue } from '@pilotlight/app/internal/aws/sqs-queue';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { isLasting, reasonOf } from './errors.ts';
import type { QueueMessage } from './invocation.ts';

export interface MessageQueues {
  /** The queue that messages come from. */
  readonly queue: Pick<SqsQueue, 'hide'>;
  /** @default - none is known: the queue itself gives up a message after its last try */
  readonly deadLetters?: Pick<SqsQueue, 'sendText'>;
}

/** The first wait, by which each try waits longer, and the most of it that is multiplied by the number of the try. */
const STEP_SECONDS = 10;
const LONGEST_STEP_SECONDS = 60;
const LONGEST_SECONDS = 900;

/**
 * Calculates the seconds for which a message is hidden after its `tries`-th try: 10, 40, 90, 160, 250, 360, then a minute more
 * each time, up to 15 minutes. A fault of seconds costs seconds, and five tries outlast one of several minutes.
 */
export function retrySeconds(tries: number): number {
  return Math.min(LONGEST_SECONDS, tries * Math.min(LONGEST_STEP_SECONDS, tries * STEP_SECONDS));
}

/**
 * Settles what becomes of a message that failed with `error`, and says so in the log, by the code of the error, because its
 * message may quote the file.
 *
 * @returns whether nothing is left to be done with the message, which is a dead letter already
 */
export async function settleFailed(
  message: QueueMessage,
  error: unknown,
  queues: MessageQueues,
  logger: Logger,
): Promise<boolean> {
  const { messageId, body, receiptHandle: receipt, attributes } = message;
  const tries = Number(attributes?.ApproximateReceiveCount ?? 1);
  const failure = { messageId, tries, ...reasonOf(error) };
  if (isLasting(error) && queues.deadLetters) {
    try {
      await queues.deadLetters.sendText(body);
      logger.error('A message failed for good', failure);
      return true;
    } catch (cause) {
      logger.warn('A message could not be sent to the dead-letter queue', { messageId, error: cause });
    }
  }
  logger.error('A message failed', failure);
  if (receipt === undefined) return false;
  try {
    await queues.queue.hide({ receipt }, retrySeconds(tries));
  } catch (cause) {
    // It comes again all the same, once the visibility timeout of the queue is over.
    logger.warn('A message could not be hidden for a shorter time', { messageId, error: cause });
  }
  return false;
}
