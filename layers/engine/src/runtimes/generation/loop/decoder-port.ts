/** The loop that runs the graphs, as others see it: token ids in, token ids out. It runs where its session does: here, or in a thread. */
import type { EngineError } from '@pilotlight/model-format/errors';
import type { TokenTimings } from '../../../predict/prediction.ts';
import type { FoundSequence, ToldToken } from '../search/search.ts';
import type { SearchOptions } from '../search/search-options.ts';
import type { TokenTable } from '../text/token-table.ts';

/** One input. It can go to another thread as it is. */
export interface TokenRequest {
  /** Tokens of the prompt; of a model with an encoder, those of the source. */
  readonly input: readonly number[];
  /** The first tokens of the decoder, of a model with an encoder: its start token, and what a call may have put behind it. @default - none */
  readonly start?: readonly number[];
  readonly options: SearchOptions;
  /** Milliseconds from now, after which the request ends with what it has. @default - none */
  readonly deadlineMs?: number;
  /** Whether the log probability of each token of the prompt is told, with the end. @default false */
  readonly promptLogprobs?: boolean;
  /** Whether others go first. @default false */
  readonly background?: boolean;
}

export type TokenEvent =
  | { readonly kind: 'tokens'; readonly told: readonly ToldToken[] }
  | {
      readonly kind: 'end';
      readonly found: readonly FoundSequence[];
      readonly timings: TokenTimings;
      /** Log probabilities of the tokens of the prompt, from the second. @default - nobody asked for them */
      readonly prompt?: readonly number[];
    }
  | { readonly kind: 'failure'; readonly error: EngineError };

export interface RunningRequest {
  /** Frees its slot within one step. An `end` follows, with what it has. */
  cancel(): void;
}

/** What the loop does now. */
export interface DecoderLoad {
  /** Requests that have a slot. */
  readonly running: number;
  /** Requests that wait for one. */
  readonly waiting: number;
  readonly slots: number;
  /** Bytes of caches, in use or kept for use. */
  readonly cacheBytes: number;
}

export interface Decoder {
  /**
   * Starts a request. `listen` is told of its tokens and of its end, never before `start` has returned; it must not throw.
   *
   * @throws EngineError OVERLOADED where too many wait, SESSION_FAILED where it has ended
   */
  start(request: TokenRequest, listen: (event: TokenEvent) => void): RunningRequest;
  /** Gives the loop the texts of the ids. It must have them before the first request that has stop strings or a grammar. */
  share(table: TokenTable): void;
  readonly load: DecoderLoad;
  /** True once it cannot run any more. */
  readonly ended: boolean;
  /** Lets requests that run finish, and frees the sessions. */
  dispose(): Promise<void>;
}
