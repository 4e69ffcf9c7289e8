/** The callers of an app by their keys, and the interfaces to whoever knows the keys and keeps the counts. */
import type { Context } from 'hono';

/** What a key may use. @default - as much as it likes */
export interface CallerLimits {
  /** Predictions that it may ask for in each minute of the clock. */
  readonly requestsPerMinute?: number | undefined;
  /** Tokens that models may read for it in each day of UTC. */
  readonly tokensPerDay?: number | undefined;
}

export interface Caller {
  /** Name of the key, never the key. */
  readonly name: string;
  /** Limits of its own, which win over those of the deployment. */
  readonly limits: CallerLimits;
}

/** Knows who sent a request. */
export interface KeySource {
  /**
   * Nothing for somebody who was let in without a key, and is not counted.
   *
   * @throws HttpError UNAUTHORIZED, KEYS_UNAVAILABLE
   */
  callerOf(c: Context): Promise<Caller | undefined>;
}

/** What a key has used. */
export interface Usage {
  /** The day in UTC, such as `2026-11-30`. */
  readonly day: string;
  readonly requests: number;
  readonly tokens: number;
  /** The minute of its last request, such as `2026-11-30T21:14`. */
  readonly minute: string;
  readonly minuteRequests: number;
}

export interface Amount {
  readonly requests: number;
  readonly tokens: number;
}

/** Keeps the counts of all processes together. */
export interface UsageStore {
  /** Nothing where the key has used nothing that day. */
  read(key: string, day: string): Promise<Usage | undefined>;
  /**
   * Adds to the counts of the day and the minute of `at`, in milliseconds since 1970, and tells what they are then, those of other
   * processes included.
   *
   * @throws UsageError USAGE_NOT_COUNTED where nothing was added, USAGE_UNCERTAIN where nobody knows whether it was
   */
  add(key: string, amount: Amount, at: number): Promise<Usage>;
}
