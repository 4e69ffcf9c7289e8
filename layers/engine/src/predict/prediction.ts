/** The results of a call, whatever model made them, and what they took. */
import type { Reading } from '@pilotlight/model-format/drift';
import type { TokenCounts } from '../batching/batch-runner.ts';
import type { BatchTally } from '../batching/scheduler.ts';

/** Milliseconds of each stage; `queueMs` counts the time that batches waited for those of other requests. */
export interface StageTimings {
  readonly tokenizeMs: number;
  readonly queueMs: number;
  readonly inferMs: number;
  readonly postprocessMs: number;
}

export interface Prediction {
  /** One result for each input, in order; its shape is the task's. */
  readonly results: readonly unknown[];
  readonly timings: StageTimings;
  readonly tokens: TokenCounts;
  /** Tokens that were cut off each input, in order. */
  readonly truncated: readonly number[];
  readonly model: { readonly name: string; readonly version: string; readonly variant: string };
  /** Whether it is the answer to the same call before; absent where answers are not kept. */
  readonly cached?: boolean;
  /** The batches that the model ran for it; absent where its runtime makes batches of its own. */
  readonly batches?: BatchTally;
  /** What is counted of each input that was answered, where the engine's options ask for it; see `EngineOptions.readings`. */
  readonly readings?: readonly Reading[];
  /** Of a model that generates: the times of each input, in order. */
  readonly decoding?: readonly TokenTimings[];
}

/** Milliseconds and counts of one input of a model that generates. */
export interface TokenTimings {
  /** Until it had a slot. */
  readonly queueMs: number;
  /** From the slot to its first token. */
  readonly prefillMs: number;
  /** From its first token to its last. */
  readonly decodeMs: number;
  readonly steps: number;
  /** First tokens of its prompt that were not run, because earlier requests had left their keys and values. */
  readonly prefixTokens: number;
}
