/** The calls that one loaded model has under way: how many there may be, and none once it is disposed of. */
import { EngineError } from '@pilotlight/model-format/errors';

export class Activity {
  readonly #model: { readonly name: string; readonly version: string };
  readonly #most: number;
  #active = 0;
  #idle = Promise.withResolvers<void>();
  #disposed: Promise<void> | undefined;

  constructor(model: { readonly name: string; readonly version: string }, most: number) {
    this.#model = model;
    this.#most = most;
  }

  get isDisposed(): boolean {
    return this.#disposed !== undefined;
  }

  /** Runs `work` as one of them. @throws EngineError PREDICTOR_DISPOSED, OVERLOADED, and what `work` throws */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const { name, version } = this.#model;
    if (this.#disposed) throw new EngineError('PREDICTOR_DISPOSED', `Model ${name}@${version} was unloaded.`);
    if (this.#active >= this.#most) {
      throw new EngineError(
        'OVERLOADED',
        `Model ${name} has ${this.#active} requests under way. Try again later.`,
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

  /** Refuses what comes after, lets every call under way finish, and frees the model by `free`; all once. */
  dispose(free: () => Promise<void>): Promise<void> {
    this.#disposed ??= this.#freeOnceIdle(free);
    return this.#disposed;
  }

  async #freeOnceIdle(free: () => Promise<void>): Promise<void> {
    if (this.#active > 0) await this.#idle.promise;
    await free();
  }
}
