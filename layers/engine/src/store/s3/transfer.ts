/** When an attempt at reading is given up, and when all of them are. */
export interface RetryOptions {
  /** Attempts in a row; whatever arrived before an attempt failed is not asked for again. @default 6 */
  readonly attempts: number;
  /** Upper bound of the wait before the second attempt; it doubles up to `maxBackoffMs`. @default 100 */
  readonly backoffMs: number;
  /** @default 2000 */
  readonly maxBackoffMs: number;
  /** Milliseconds without a byte after which an attempt has failed. @default 5000 */
  readonly stallMs: number;
}

/** How objects are transferred: how much is in flight at once, and when an attempt is given up. */
export interface TransferOptions extends RetryOptions {
  /**
   * Bytes of one ranged GET. Small enough that a model of 20 MB is spread over several connections and that a broken one
   * costs little, large enough that the time to the first byte (some 30 ms) is not the most of it at the 80 to 90 MB/s
   * that S3 gives one connection. @default 4 MiB
   */
  readonly partBytes: number;
  /** GETs in flight; 16 ask S3 for more than a function's network takes. @default 16 */
  readonly parallelism: number;
  /**
   * Parts in memory at once: those in flight, and those that wait for an earlier one to be hashed after it. With the
   * size of a part it is the bound of the memory that a fetch takes. @default 24, so 96 MiB
   */
  readonly maxPartsInMemory: number;
}

export const DEFAULT_TRANSFER: TransferOptions = {
  partBytes: 4 << 20,
  parallelism: 16,
  maxPartsInMemory: 24,
  attempts: 6,
  backoffMs: 100,
  maxBackoffMs: 2000,
  stallMs: 5000,
};
