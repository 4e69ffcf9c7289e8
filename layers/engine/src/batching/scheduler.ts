/** The interface of the batch loop: calls hand in encodings, and get results as batches run. */
import type { EngineError } from '@pilotlight/model-format/errors';
import type { Pooling } from '../math/pooling.ts';
import type { Encoding, Feeds, Outputs, TokenResult } from '../ports.ts';

/** One call's part in what is run; encodings are named by their place in the list that was given. */
export interface ScheduledCall {
  readonly signal?: AbortSignal | undefined;
  /** Whether it gives way to other calls where batches are shared. @default false */
  readonly background?: boolean;
  /** How the hidden states of each encoding become one vector. @default - all outputs are delivered */
  readonly pooling?: Pooling | undefined;
  readonly deliver: (place: number, result: TokenResult) => void;
  /** Is told of an encoding that the model cannot be run on. @default - the first error ends the call */
  readonly refuse?: ((place: number, error: EngineError) => void) | undefined;
}

/** The batches that a call was run in, which other calls may have shared. */
export interface BatchTally {
  readonly count: number;
  /** Texts, or windows of them, of the largest. */
  readonly size: number;
  /** The tokens of the largest, padding included. */
  readonly tokens: number;
}

export interface ScheduleReport {
  /** Milliseconds that the call waited for batches that were not its own. */
  readonly queueMs: number;
  readonly inferMs: number;
  /** Tokens that the model read for the call, padding included. */
  readonly read: number;
  readonly batches: BatchTally;
}

/** Adds two tallies of different batches. */
export function bothTallies(a: BatchTally, b: BatchTally): BatchTally {
  const { size, tokens } = b.tokens > a.tokens ? b : a;
  return { count: a.count + b.count, size, tokens };
}

/** Adds one batch to a tally. */
export function tallied(tally: BatchTally, batch: Pick<BatchTally, 'size' | 'tokens'>): BatchTally {
  return bothTallies(tally, { ...batch, count: 1 });
}

export const NO_BATCHES: BatchTally = { count: 0, size: 0, tokens: 0 };

export interface FeedsReport {
  readonly outputs: Outputs;
  readonly queueMs: number;
  readonly inferMs: number;
}

export interface Scheduler {
  /** Encodings that wait for a batch. */
  readonly queued: number;
  /** Tokens that a batch may have, padding included; a longer encoding is a batch of its own. */
  readonly maxBatchTokens: number;
  /**
   * Settles once every encoding is delivered or refused.
   *
   * @throws EngineError SESSION_FAILED, OVERLOADED, and the reason of an aborted signal
   */
  run(encodings: readonly Encoding[], call: ScheduledCall): Promise<ScheduleReport>;
  /** Runs the graph once on tensors of the caller's, in its turn. @throws EngineError SESSION_FAILED */
  runFeeds(feeds: Feeds): Promise<FeedsReport>;
}
