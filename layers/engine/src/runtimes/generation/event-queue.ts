/** Values that are pushed on one side and iterated on the other. */
export class EventQueue<Value> implements AsyncIterable<Value> {
  #values: Value[] = [];
  #outcome: { readonly error?: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  push(value: Value): void {
    this.#values.push(value);
    this.#wake.resolve();
  }

  /** Ends it, after what was pushed; with an error, which the iteration then throws. */
  end(outcome: { readonly error?: unknown } = {}): void {
    this.#outcome ??= outcome;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value, void> {
    while (true) {
      const values = this.#values;
      this.#values = [];
      yield* values;
      if (this.#values.length > 0) continue;
      if (this.#outcome && 'error' in this.#outcome) throw this.#outcome.error;
      if (this.#outcome) return;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
  }
}
