import { setImmediate as turn } from 'node:timers/promises';

const LONGEST_MS = 20;

/** Gives way to timers and sockets now and then within work that never waits for anything. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Call it between pieces of work of a few milliseconds. @throws the reason of the signal */
  async keep(): Promise<void> {
    if (performance.now() - this.#last > LONGEST_MS) {
      await turn();
      this.#last = performance.now();
    }
    this.#signal?.throwIfAborted();
  }
}
