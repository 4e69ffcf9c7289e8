import { retry } from '@pilotlight/model-format/internal/retry';
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
  return retry(() => withStallTimeout(work, signal, options.stallMs), {
    attempts: options.attempts,
    firstMs: options.backoffMs,
    longestMs: options.maxBackoffMs,
    isTransient: (error) => error instanceof ObjectError && error.transient,
    signal,
  });
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
