import { setTimeout as wait } from 'node:timers/promises';
import { ObjectError } from './objects.ts';
import type { TransferOptions } from './transfer.ts';

/** What one attempt gets: a signal to end by, and `arrived`, to call when something did. */
export interface Attempt {
  readonly signal: AbortSignal;
  readonly arrived: () => void;
}

/** Repeats `work` after transient errors, with longer and longer waits between. @throws ObjectError the last one */
export async function withAttempts<Result>(
  work: (attempt: Attempt) => Promise<Result>,
  signal: AbortSignal,
  options: TransferOptions,
): Promise<Result> {
  for (let failed = 0; ; ) {
    try {
      return await withStallTimeout(work, signal, options.stallMs);
    } catch (error) {
      signal.throwIfAborted();
      failed += 1;
      const transient = error instanceof ObjectError && error.transient;
      if (!transient || failed === options.attempts) throw error;
    }
    await wait(backoff(failed, options), undefined, { signal });
  }
}

/**
 * "Full jitter": a random wait up to a bound that doubles, so that those who failed together do not come back
 * together (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
 */
function backoff(failed: number, { backoffMs, maxBackoffMs }: TransferOptions): number {
  return Math.random() * Math.min(maxBackoffMs, backoffMs * 2 ** (failed - 1));
}

async function withStallTimeout<Result>(
  work: (attempt: Attempt) => Promise<Result>,
  signal: AbortSignal,
  stallMs: number,
): Promise<Result> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), stallMs);
  try {
    return await work({
      signal: AbortSignal.any([signal, stalled.signal]),
      arrived: () => timer.refresh(),
    });
  } catch (cause) {
    if (!stalled.signal.aborted) throw cause;
    throw new ObjectError('CONNECTION_STALLED', `Nothing arrived for ${stallMs} ms.`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
