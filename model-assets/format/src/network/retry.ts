/** Tries work again. It waits longer after each failure, with full jitter, and stops when the caller gives up. */
import { setTimeout as wait } from 'node:timers/promises';

export interface Backoff {
  /** Bound of the wait after the first failure; it doubles with each failure that follows. */
  readonly firstMs: number;
  readonly longestMs: number;
}

export interface RetryOptions extends Backoff {
  /** Attempts in all. */
  readonly attempts: number;
  /** Whether another attempt may succeed after this error. */
  readonly isTransient: (error: unknown) => boolean;
  /** Ends the waiting, and keeps a failed attempt from being followed by another. */
  readonly signal?: AbortSignal;
}

/**
 * Repeats `work` after transient errors.
 *
 * @throws the last error of `work`, or the reason of `signal` once it is aborted
 */
export async function retry<Result>(
  work: () => Promise<Result>,
  { attempts, isTransient, signal, ...backoff }: RetryOptions,
): Promise<Result> {
  for (let failed = 0; ; ) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      failed += 1;
      if (failed >= attempts || !isTransient(error)) throw error;
    }
    await waitAfter(failed, backoff, signal);
  }
}

/** Waits after the `failed`th failure in a row, for loops that count failures themselves. @throws the reason of `signal` once it is aborted */
export async function waitAfter(failed: number, backoff: Backoff, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  try {
    await wait(backoffMs(failed, backoff), undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * "Full jitter": a random wait up to a bound that doubles, so that callers which failed together do not come back
 * together (aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter).
 */
export function backoffMs(failed: number, { firstMs, longestMs }: Backoff, random = Math.random()): number {
  return random * Math.min(longestMs, firstMs * 2 ** (failed - 1));
}
