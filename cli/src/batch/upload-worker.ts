/** Takes messages off the queue of uploads, one after the other, whatever becomes of each. */
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { isLasting } from '@pilotlight/batch/internal/errors';
import type { Deadline } from '@pilotlight/batch/internal/object/deadline';
import type { Queues } from '@pilotlight/local/internal/sqs/queues';
import { CliError } from '../kit/errors.ts';

/** After that many failures a message becomes a dead letter; at once after one that no other try would mend. */
export const MAX_RECEIVES = 3;
const RETRY_SECONDS = 1;
const POLL_MS = 60_000;
/** The time of an invocation on AWS: a file that needs more goes on where it was, after those that came meanwhile. */
const FILE_MS = 900_000;
/** A file that has neither ended nor gone on later so long after its time is given up. */
const LATE_MS = 30_000;

export interface UploadWork {
  readonly queues: Queues;
  readonly queue: string;
  /** Handles one message in the time that is left for it, and throws what failed. */
  handle(body: string, deadline: Deadline): Promise<void>;
  /** Called when a message has become a dead letter. */
  gaveUp(reason: string): void;
  readonly logger: Logger;
  /** Aborted when there is nothing more to do. */
  readonly closed: AbortSignal;
  /** @default 900,000 */
  readonly fileMs?: number;
  /** @default 30,000 */
  readonly lateMs?: number;
}

export async function workOff({
  queues,
  queue: name,
  handle,
  gaveUp,
  logger,
  closed,
  fileMs = FILE_MS,
  lateMs = LATE_MS,
}: UploadWork): Promise<void> {
  const queue = queues.queue(name);
  while (!closed.aborted) {
    const [message] = await queues.receive(name, { waitMs: POLL_MS });
    if (!message || closed.aborted) continue;
    const until = performance.now() + fileMs;
    try {
      const handled = handle(message.body, { remainingMs: () => until - performance.now() });
      await settledWithin(fileMs + lateMs, handled, message.body);
      queue.delete(message.receiptHandle);
    } catch (error) {
      const lasts = isLasting(error instanceof CliError ? error.cause : error);
      const isLast = lasts || message.receives === MAX_RECEIVES;
      if (lasts) queues.bury(name, message);
      else queue.changeVisibility(message.receiptHandle, isLast ? 0 : RETRY_SECONDS);
      const reason = error instanceof Error ? error.message : String(error);
      if (closed.aborted) continue;
      if (isLast) gaveUp(reason);
      else logger.warn(`failed, and is tried again: ${reason}`, {});
    }
  }
}

/** Waits for `work`, which may go on when it is late: nothing can stop it, and nobody waits for it. @throws CliError UPLOAD_FAILED */
async function settledWithin(ms: number, work: Promise<void>, body: string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new CliError('UPLOAD_FAILED', `no end after ${ms / 1000} s of ${body.slice(0, 300)}.`));
  }, ms);
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
