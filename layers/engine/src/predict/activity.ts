/** Counts the calls that one loaded model has under way. It bounds their number, and admits none once the model is disposed of. */
import { formatModelRef, type ResolvedRef } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';

/** How long a model that is disposed of waits for its calls: one may never end. */
const IDLE_LIMIT_MS = 30_000;

export class Activity {
  readonly #model: ResolvedRef;
  readonly #most: number;
  #active = 0;
  #idle = Promise.withResolvers<void>();
  #disposed: Promise<void> | undefined;

  constructor(model: ResolvedRef, most: number) {
    this.#model = model;
    this.#most = most;
  }

  get isDisposed(): boolean {
    return this.#disposed !== undefined;
  }

  /** Runs `work` as one of the calls. @throws EngineError PREDICTOR_DISPOSED, OVERLOADED, and what `work` throws */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#disposed) {
      throw new EngineError('PREDICTOR_DISPOSED', `Model ${formatModelRef(this.#model)} was unloaded.`);
    }
    if (this.#active >= this.#most) {
      throw new EngineError(
        'OVERLOADED',
        `Model ${this.#model.name} has ${this.#active} requests under way. Try again later.`,
      );
    }
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      if (this.#active === 0) {
        this.#idle.resolve();
        this.#idle = Promise.withResolvers<void>();
      }
    }
  }

  /** Refuses later calls, lets the calls under way finish, for a while, and frees the model by `free`. It does so once. */
  dispose(free: () => Promise<void>): Promise<void> {
    this.#disposed ??= this.#freeOnceIdle(free);
    return this.#disposed;
  }

  async #freeOnceIdle(free: () => Promise<void>): Promise<void> {
    if (this.#active > 0) {
      const deadline = setTimeout(() => this.#idle.resolve(), IDLE_LIMIT_MS);
      await this.#idle.promise;
      clearTimeout(deadline);
    }
    await free();
  }
}
