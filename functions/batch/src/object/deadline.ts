/** The time that is left of an invocation. */
export interface Deadline {
  remainingMs(): number;
}

/** Work did not end in its time. */
class Late extends Error {
  constructor() {
    super('The work did not end in its time.');
  }
}

/** The time that is kept for a last part on its way to S3, the continuation, and the answer. */
const RESERVE_MS = 10_000;
/** The share of that time in which work ends by itself once it is told to; work that has not ended then is left behind. */
const GRACE = 0.5;
/** A part may take so much longer than the slowest before it. */
const SLOWER = 1.5;

/**
 * Says whether another part fits into the time that is left, and ends what does not fit after all: `signal` is aborted
 * ten seconds before the end, or at three quarters of a time that is shorter than forty seconds; at once where there is none.
 * Work that does not heed the signal is left behind by `within` five seconds later.
 */
export class TimeBox {
  readonly #deadline: Deadline;
  readonly #reserveMs: number;
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #lastTimer: NodeJS.Timeout;
  readonly #late: Promise<never>;
  #slowestMs = 0;
  #lastMs: number;

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
    this.#lastMs = deadline.remainingMs();
    this.#reserveMs = Math.min(RESERVE_MS, this.#lastMs / 4);
    const usableMs = this.#lastMs - this.#reserveMs;
    if (usableMs <= 0) this.#stop.abort();
    this.#timer = setTimeout(() => this.#stop.abort(), usableMs);
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => undefined);
    this.#late = late.promise;
    const lateMs = Math.max(0, usableMs) + this.#reserveMs * GRACE;
    this.#lastTimer = setTimeout(() => late.reject(new Late()), lateMs);
  }

  /** Gives what `work` gives; leaves it behind where it neither ends nor heeds the signal, so that it cannot stop what comes after. */
  within<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#late]);
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
    clearTimeout(this.#lastTimer);
    this.#stop.abort();
  }
}
