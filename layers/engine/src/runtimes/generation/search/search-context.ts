/** What a search is told of its input beside its options. */

/** Stop strings, as a search asks about them. */
export interface StopMatcher {
  /**
   * Whether the last of the new tokens completed a stop string. The token may go on behind it.
   *
   * @param prompt ids of the decoder before the first new token
   * @param newIds ids behind the prompt, at least one
   */
  completes(prompt: readonly number[], newIds: readonly number[]): boolean;
}

/** A grammar, as a search asks about it. */
export interface Constraint {
  /** Adds -Infinity to the classes that cannot follow the new tokens `ids`. `bias` has a value for each class of the vocabulary. */
  restrict(ids: readonly number[], bias: Float32Array): void;
}

export interface SearchContext {
  /** Ids of the decoder before the first new token: the prompt, or the start tokens of a model with an encoder. */
  readonly prompt: readonly number[];
  /** Ids that the encoder read. @default - the model has no encoder, and its prompt stands for the source */
  readonly source?: readonly number[];
  readonly vocabSize: number;
  readonly stops?: StopMatcher | undefined;
  readonly constraint?: Constraint | undefined;
}
