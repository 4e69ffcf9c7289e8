/**
 * The choice of tokens, for one input: greedy, samples, or beams. A search knows scores and ids alone: it runs nothing, reads no text
 * and no clock, so that it is the same wherever the loop runs it.
 */

import type { FinishReason } from '../../../predict/generation.ts';

export type { FinishReason };

/** What a search wants to know of each of its rows in the next step. */
export interface Asks {
  /** The number of best classes; 0 where it reads whole logits. */
  readonly top: number;
  /** Values that are added to the logits first, `[rows, vocabulary]`. @default - none */
  readonly bias?: Float32Array | undefined;
  /** Whether it reads the logits of all classes. @default false */
  readonly logits?: boolean;
}

/** The outputs of a step for the rows of one search, in the order of the tokens that it asked for. */
export interface StepRows {
  readonly rows: number;
  /** Classes of a row; as many as were asked for, or more. */
  readonly count: number;
  /** `[rows, count]`, log probabilities, best first. */
  readonly scores: Float32Array;
  /** `[rows, count]` */
  readonly classes: Float32Array;
  /** `[rows, vocabulary]`; where they were asked for. */
  readonly logits?: Float32Array | undefined;
}

/** A token of the next step: it follows the row `parent` of the step before. */
export interface NextToken {
  readonly id: number;
  readonly parent: number;
}

/** A token that is settled: beams settle theirs at the end, all at once. */
export interface ToldToken {
  /** The sequence that it belongs to: which of `n` samples. */
  readonly sequence: number;
  readonly id: number;
  /** Log probability after processing. */
  readonly logprob: number;
  /** The best classes and their log probabilities, where the request asked for them. */
  readonly top?: readonly (readonly [id: number, logprob: number])[];
}

/** A whole sequence, without the prompt; its end token is its last id, if it has one. */
export interface FoundSequence {
  readonly ids: readonly number[];
  /** Of each id, where they are known. Beams know the score alone, unless they were asked for more. */
  readonly logprobs: readonly number[];
  /** Sum of the processed log probabilities; of beams over the length to the power of the length penalty. */
  readonly score: number;
  readonly finish: FinishReason;
}

export interface Advance {
  /** The tokens of the next step. None once the search has ended. */
  readonly next: readonly NextToken[];
  readonly told: readonly ToldToken[];
}

export interface Search {
  /** The most tokens that a step of it has: beams or samples. */
  readonly width: number;
  readonly asks: Asks;
  /** Takes what a step gave. The first has one row, that of the last token of the prompt. */
  advance(rows: StepRows): Advance;
  /** Ends it where it is: what it has becomes its result. */
  stop(finish: FinishReason): void;
  /** The sequences: of beams the best first, of samples by their numbers. None before the search has ended. */
  readonly found: readonly FoundSequence[];
}
