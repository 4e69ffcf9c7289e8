import { setImmediate } from 'node:timers/promises';

/** How long the thread is kept at a time. */
const SLICE_MS = 4;

/** Work of this thread in slices, between which other requests go. */
export class Slices {
  readonly #signal: AbortSignal | undefined;
  #begun = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Called between two pieces of the work: lets others go first once the slice is over. @throws the reason of an aborted signal */
  async giveWay(): Promise<void> {
    if (performance.now() - this.#begun < SLICE_MS) return;
    await setImmediate();
    this.#signal?.throwIfAborted();
    this.#begun = performance.now();
  }
}
