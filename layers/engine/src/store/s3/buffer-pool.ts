/** Lends a bounded number of buffers, in the order in which they are asked for. */
export class BufferPool {
  readonly #bytes: number;
  readonly #signal: AbortSignal;
  readonly #free: Uint8Array[] = [];
  readonly #waiting: PromiseWithResolvers<Uint8Array>[] = [];
  #unmade: number;

  /** Those who wait for a buffer are refused when `signal` aborts. */
  constructor(count: number, bytes: number, signal: AbortSignal) {
    this.#unmade = count;
    this.#bytes = bytes;
    this.#signal = signal;
    signal.addEventListener('abort', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(signal.reason);
    });
  }

  async take(): Promise<Uint8Array> {
    this.#signal.throwIfAborted();
    const free = this.#free.pop();
    if (free) return free;
    if (this.#unmade > 0) {
      this.#unmade -= 1;
      return Buffer.allocUnsafeSlow(this.#bytes);
    }
    const waiting = Promise.withResolvers<Uint8Array>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  give(buffer: Uint8Array): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(buffer);
    else this.#free.push(buffer);
  }
}
