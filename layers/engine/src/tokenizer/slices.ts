import { setImmediate } from 'node:timers/promises';

/** How long the thread is kept at a time. */
const SLICE_MS = 4;

/** Work of this thread in slices, between which other requests go. */
export class Slices {
  #begun = performance.now();

  /** Called between two pieces of the work: lets others go first once the slice is over. */
  async giveWay(): Promise<void> {
    if (performance.now() - this.#begun < SLICE_MS) return;
    await setImmediate();
    this.#begun = performance.now();
  }
}
