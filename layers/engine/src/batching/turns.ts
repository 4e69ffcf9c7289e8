/** Lets one caller in at a time, in the order of their calls. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Runs `work` once every earlier call has finished; `waitedMs` says how long it stood in the queue. */
  async take<T>(work: (waitedMs: number) => Promise<T>): Promise<T> {
    const called = performance.now();
    const previous = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await previous;
    try {
      return await work(performance.now() - called);
    } finally {
      resolve();
    }
  }
}
