/** How the calls of a model become batches, and what is told of each batch. */
import type { QueueLimits } from './token-queue.ts';

/** A batch of entries, each a text or a window of one, whoever asked for them. */
export interface BatchRecord {
  readonly model: string;
  readonly version: string;
  readonly size: number;
  /** Padding included. */
  readonly tokens: number;
  /** Tokens of each entry. */
  readonly lengths: readonly number[];
}

export interface BatchingSettings {
  readonly kind: 'turns' | 'dynamic';
  readonly limits: Partial<QueueLimits>;
  readonly shortLaneTokens: number;
  readonly onBatch: (batch: BatchRecord) => void;
}
