/** The place where the batch loop gets its batches: calls plan their own, or share them. */
import type { Pooling } from '../math/pooling.ts';
import type { Encoding } from '../ports.ts';
import type { PendingCall } from './pending-call.ts';
import type { QueueEntry } from './token-queue.ts';

/** One encoding of a call, which waits for a batch. */
export interface BatchEntry extends QueueEntry {
  readonly call: PendingCall;
  /** Place of the encoding in the list of its call. */
  readonly place: number;
  readonly encoding: Encoding;
  /** How its hidden states become one vector, where its call wants no more. @default - it wants all outputs */
  readonly pooling?: Pooling | undefined;
}

/** The entries that a batch may have, by their length. */
export interface Choice {
  /** Short entries alone, longer ones alone, or all. */
  readonly lengths: 'all' | 'long' | 'short';
  /** Padded tokens of the batch. @default - `maxBatchTokens` of the source */
  readonly maxTokens?: number;
}

export interface BatchSource {
  /** Entries that wait. */
  readonly size: number;
  /** Their tokens, without padding. */
  readonly tokens: number;
  /** Whether the next batch could not be larger: it may be made ready while another one runs. */
  readonly full: boolean;
  /** Tokens that a batch may have, padding included; a longer entry is a batch of its own. */
  readonly maxBatchTokens: number;
  /** Tokens of the longest entry that counts as short. */
  readonly shortTokens: number;
  /** Adds all entries of one call. */
  push(entries: readonly BatchEntry[]): void;
  /** Takes the next batch at the time `now`; empty where nothing waits that may be in it. */
  take(now: number, choice: Choice): readonly BatchEntry[];
}
