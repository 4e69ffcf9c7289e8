/** What one client may ask for at once; each is checked before the work that it bounds. */
export interface Limits {
  /** Bytes of a request body. */
  readonly maxBodyBytes: number;
  /** Inputs of one call. They are batched by tokens, so that this bounds time, not memory. */
  readonly maxInputs: number;
  /** Predictions under way at once in this process. */
  readonly maxConcurrentRequests: number;
  /** How deep arrays and objects of a body may nest. */
  readonly maxJsonDepth: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 2_000_000,
  maxInputs: 256,
  maxConcurrentRequests: 512,
  maxJsonDepth: 32,
};
