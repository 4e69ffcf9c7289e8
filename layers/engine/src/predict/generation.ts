/** What a model that generates answers to one input, and what it tells on the way there. */
import type { Prediction } from './prediction.ts';

export type FinishReason = 'eos_token' | 'length' | 'stop_sequence' | 'cancelled' | 'deadline';

export interface GeneratedToken {
  readonly id: number;
  /** The text that it adds, as far as it is whole characters. */
  readonly text: string;
  /** Log probability after processing. */
  readonly logprob: number;
  /** Whether it is a special token, which `text` of a sequence leaves out. */
  readonly special: boolean;
  /** The best tokens in its place, where the call asked for them by `top_n_tokens`. */
  readonly top?: readonly Omit<GeneratedToken, 'top'>[];
}

export interface GeneratedSequence {
  /** Without special tokens, and without what follows a stop string. */
  readonly text: string;
  readonly finishReason: FinishReason;
  /** Sum of log probabilities; of beams over the length to the power of the length penalty. */
  readonly score: number;
  readonly tokens: readonly GeneratedToken[];
}

/** The result of one input. */
export interface Generation {
  /** Best first; as many as `num_return_sequences`. */
  readonly sequences: readonly [GeneratedSequence, ...GeneratedSequence[]];
  /** Tokens of the prompt or source. */
  readonly promptTokens: number;
  /** Tokens of the prompt, where the call asked for their log probabilities. */
  readonly prompt?: readonly GeneratedToken[];
  /** Where tokens were drawn: the seed by which the same text comes again. */
  readonly seed?: number;
}

/** One piece of a stream. Texts of a sequence joined are the text of the sequence. */
export type GenerationEvent =
  | {
      readonly kind: 'token';
      /** Which of the sequences it belongs to. */
      readonly sequence: number;
      readonly token: GeneratedToken;
      /** Text that can be shown: none while a character is incomplete, or while it may become a stop string. */
      readonly text: string;
      /** Why the sequence ended with this token. @default - it goes on */
      readonly finish?: FinishReason;
    }
  /** The end of the input, with all of it. */
  | {
      readonly kind: 'end';
      readonly generation: Generation;
      readonly prediction: Omit<Prediction, 'results'>;
    };
