import type { Script } from './bins.ts';

/** What is counted of one input and its answer. It has numbers and names of labels, and nothing of the text. */
export interface Reading {
  /** Tokens of its text, special tokens included, before it was cut. Of an input of several texts those of the first. */
  readonly tokens: number;
  /** Share of them that are the unknown token, 0 to 1. @default - the tokenizer has none */
  readonly unknown?: number | undefined;
  /** @default - the input came as ids of tokens */
  readonly script?: Script | undefined;
  /** The label of the answer; of a tagger those of its spans, or `O` where there is none. @default - the task has no labels of its own */
  readonly labels?: readonly string[] | undefined;
  /** The score of the answer, 0 to 1; of a tagger the mean over its spans. @default - the answer has none */
  readonly confidence?: number | undefined;
  /** The entropy of all scores over the logarithm of their number, 0 to 1. @default - the task does not choose one of several labels */
  readonly entropy?: number | undefined;
}
