/** Requests that wait for a slot: first those that somebody waits for, then those in the background; each kind in order of arrival. */
import type { ActiveRequest } from './active-request.ts';

export class WaitingRequests {
  #first: ActiveRequest[] = [];
  #background: ActiveRequest[] = [];

  get size(): number {
    return this.#first.length + this.#background.length;
  }

  add(request: ActiveRequest): void {
    const queue = request.request.background ? this.#background : this.#first;
    queue.push(request);
  }

  get next(): ActiveRequest | undefined {
    return this.#first[0] ?? this.#background[0];
  }

  /** Takes `next`. */
  take(): ActiveRequest | undefined {
    return this.#first.shift() ?? this.#background.shift();
  }

  /** Ends those that were cancelled, or whose time is over. */
  sweep(now: number): void {
    const stays = (request: ActiveRequest): boolean => {
      const reason = request.stopReason(now);
      if (reason) request.stop(reason);
      return !reason;
    };
    this.#first = this.#first.filter(stays);
    this.#background = this.#background.filter(stays);
  }
}
