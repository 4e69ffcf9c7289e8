/** The place where the batch loop gets its batches: calls plan their own, or share them. */
import type { Encoding } from '../ports.ts';
import type { PendingCall } from './pending-call.ts';
import type { QueueEntry } from './token-queue.ts';

/** One encoding of a call, which waits for a batch. */
export interface BatchEntry extends QueueEntry {
  readonly call: PendingCall;
  /** Place of the encoding in the list of its call. */
  readonly place: number;
  readonly encoding: Encoding;
}

/** The part of a session among others: `only` where there is no other one, `short` where it has short texts alone, else `long`. */
export type LaneKind = 'only' | 'long' | 'short';

export interface BatchSource {
  /** Entries that wait. */
  readonly size: number;
  /** Whether the next batch could not be larger: it may be made ready while another one runs. */
  readonly full: boolean;
  /** Tokens that a batch may have, padding included; a longer entry is a batch of its own. */
  readonly maxBatchTokens: number;
  /** Adds all entries of one call. */
  push(entries: readonly BatchEntry[]): void;
  /** Takes the next batch of a lane at the time `now`; empty where nothing waits that the lane takes. */
  take(now: number, lane: LaneKind): readonly BatchEntry[];
}
