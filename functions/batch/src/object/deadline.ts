/** The time that is left of an invocation. */
export interface Deadline {
  remainingMs(): number;
}

/** The time that is kept for a last part on its way to S3, the continuation, and the answer. */
const RESERVE_MS = 10_000;
/** A part may take so much longer than the slowest before it. */
const SLOWER = 1.5;

/**
 * Says whether another part fits into the time that is left, and ends what does not fit after all: `signal` is aborted
 * ten seconds before the end, or at three quarters of a time that is shorter than forty seconds; at once where there is none.
 */
export class TimeBox {
  readonly #deadline: Deadline;
  readonly #reserveMs: number;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #slowestMs = 0;
  #lastMs: number;

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
    this.#lastMs = deadline.remainingMs();
    this.#reserveMs = Math.min(RESERVE_MS, this.#lastMs / 4);
    const usableMs = this.#lastMs - this.#reserveMs;
    if (usableMs <= 0) this.#stop.abort();
    this.#timer = setTimeout(() => this.#stop.abort(), usableMs);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Ask it after each part. */
  suffices(): boolean {
    const left = this.#deadline.remainingMs();
    this.#slowestMs = Math.max(this.#slowestMs, this.#lastMs - left);
    this.#lastMs = left;
    return left - this.#reserveMs > this.#slowestMs * SLOWER;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
  }
}
