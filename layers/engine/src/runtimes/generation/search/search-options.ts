/** What a search goes by: every parameter settled, so that it can go to another thread. Names are those of `generate` of transformers. */

/** A grammar that the text must follow. */
export type Grammar =
  | { readonly kind: 'json_schema'; readonly schema: unknown }
  | { readonly kind: 'regex'; readonly pattern: string };

/** How tokens are drawn. A value of 0 is off, but for `topP` and `typicalP`, which 1 turns off. */
export interface Sampling {
  readonly seed: number;
  readonly temperature: number;
  readonly topH: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly typicalP: number;
  readonly epsilonCutoff: number;
  readonly etaCutoff: number;
}

export interface SearchOptions {
  /** New tokens, the end token among them. */
  readonly maxNewTokens: number;
  /** New tokens before which no end token may come. */
  readonly minNewTokens: number;
  readonly eos: readonly number[];
  /** 1 unless beams search. */
  readonly numBeams: number;
  readonly numReturnSequences: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: boolean | 'never';
  readonly renormalize: boolean;
  /** Draws tokens, where it is given. @default - the best token is taken */
  readonly sampling?: Sampling | undefined;
  readonly repetitionPenalty: number;
  readonly encoderRepetitionPenalty: number;
  /** OpenAI's penalties: by whether, and how often, a token is among the new ones. */
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly noRepeatNgramSize: number;
  readonly encoderNoRepeatNgramSize: number;
  readonly badWords: readonly (readonly number[])[];
  readonly suppress: readonly number[];
  readonly beginSuppress: readonly number[];
  readonly sequenceBias: readonly (readonly [ids: readonly number[], bias: number])[];
  /** OpenAI's logit_bias: is added before everything else. */
  readonly logitBias: readonly (readonly [id: number, bias: number])[];
  readonly forcedBos?: number | undefined;
  readonly forcedEos?: readonly number[] | undefined;
  /** Whether scores that are infinite or no number become the largest, the least and 0. */
  readonly removeInvalid: boolean;
  readonly exponentialDecay?: readonly [start: number, factor: number] | undefined;
  readonly stopStrings: readonly string[];
  readonly grammar?: Grammar | undefined;
  /** The number of best classes that are told with each token. */
  readonly topTokens: number;
}
