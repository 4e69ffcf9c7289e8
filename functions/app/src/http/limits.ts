/** The most that one client may ask for at once. Each limit is checked before the work that it bounds. */
export interface Limits {
  /** Bytes of a request body, decompressed where it is compressed. */
  readonly maxBodyBytes: number;
  /** How deep arrays and objects of a body may nest. */
  readonly maxJsonDepth: number;
  /** Inputs of one call, the sentences and texts of an input among them. They are batched by tokens, so that this bounds time, not memory. */
  readonly maxInputs: number;
  /** Tokens that the model reads of one input, all its windows together. */
  readonly maxInputTokens: number;
  /** Tokens that the model reads in one call. */
  readonly maxCallTokens: number;
  /** Labels of one zero-shot classification: the model reads each input once for each. */
  readonly maxCandidateLabels: number;
  /** Predictions under way at once in this process: from the last byte of the request to that of the answer. */
  readonly maxConcurrentRequests: number;
  /** Bytes of all answers that are made and that clients have not taken yet. */
  readonly maxUnsentBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 2_000_000,
  maxJsonDepth: 32,
  maxInputs: 256,
  maxInputTokens: 32_768,
  maxCallTokens: 131_072,
  maxCandidateLabels: 100,
  maxConcurrentRequests: 512,
  maxUnsentBytes: 256_000_000,
};
