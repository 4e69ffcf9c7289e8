import type { DecoderFacts, GenerationGraph } from '@pilotlight/model-format';
import type { SessionOptions } from '../../../ports.ts';

export interface LoopSettings {
  /** Requests that have a place in the cache at once. */
  readonly slots: number;
  /** Requests that may wait for a slot. */
  readonly maxWaiting: number;
  /** Bytes that caches take at most. */
  readonly cacheBytes: number;
  /** Bytes of first chunks of prompts that are kept for later requests, beside those. 0: none are. */
  readonly prefixBytes: number;
}

/** Everything that a loop is opened from. It can go to another thread as it is. */
export interface DecoderPlan {
  /** The graphs, their files as absolute paths. */
  readonly step: GenerationGraph;
  /** @default - the model has no encoder */
  readonly encoder?: GenerationGraph | undefined;
  readonly facts: DecoderFacts;
  readonly session: SessionOptions;
  readonly settings: LoopSettings;
}
