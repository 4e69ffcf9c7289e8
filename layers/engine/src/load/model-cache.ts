import { formatModelRef } from '@pilotlight/model-format';
import type { ModelRef, ResolvedRef } from '../ports.ts';
import type { LoadedModel } from '../predict/loaded-model.ts';
import { warnOfFailure } from '../session/warn-of-failure.ts';

/** The part of a loaded model that the cache needs. */
type Kept = Pick<LoadedModel, 'bytes' | 'usable' | 'dispose'>;

interface Entry<Model> {
  readonly loading: Promise<Model>;
  model?: Model;
}

/**
 * Models by name and version: each loads once however many wait for it, failures are forgotten, and past
 * the memory budget the least recently used go. The order of `#entries` is the order of their last use.
 */
export class ModelCache<Model extends Kept> {
  readonly #load: (ref: ResolvedRef) => Promise<Model>;
  readonly #budgetBytes: number;
  readonly #entries = new Map<string, Entry<Model>>();
  readonly #latest = new Map<string, Promise<ResolvedRef>>();

  constructor(load: (ref: ResolvedRef) => Promise<Model>, budgetBytes: number) {
    this.#load = load;
    this.#budgetBytes = budgetBytes;
  }

  /** `changes`: whether a name may mean another version at the next call. */
  async get(ref: ModelRef, resolve: () => Promise<ResolvedRef>, changes = false): Promise<Model> {
    const resolved = await this.#resolve(ref, resolve, changes);
    const key = formatModelRef(resolved);
    let entry = this.#entries.get(key);
    if (entry?.model?.usable === false) {
      this.#evict(key);
      entry = undefined;
    }
    entry ??= this.#start(resolved, key);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.loading;
  }

  loaded(): readonly Model[] {
    return [...this.#entries.values()].flatMap(({ model }) => (model ? [model] : []));
  }

  /** Forgets one version, and frees it once its calls have ended. A load that is under way ends first. */
  async release(ref: ResolvedRef): Promise<void> {
    const key = formatModelRef(ref);
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    const [load] = await Promise.allSettled([entry?.loading]);
    if (load.status === 'fulfilled') await load.value?.dispose();
  }

  async dispose(): Promise<void> {
    const loading = [...this.#entries.values()].map((entry) => entry.loading);
    this.#entries.clear();
    this.#latest.clear();
    const settled = await Promise.allSettled(loading);
    await Promise.all(
      settled.map((load) => (load.status === 'fulfilled' ? load.value.dispose() : undefined)),
    );
  }

  /** A name without a version means the same version for as long as the engine lives, unless it `changes`. */
  #resolve(ref: ModelRef, resolve: () => Promise<ResolvedRef>, changes: boolean): Promise<ResolvedRef> {
    const { name, version } = ref;
    if (version !== undefined && this.#entries.has(formatModelRef(ref)))
      return Promise.resolve({ name, version });
    if (version !== undefined || changes) return resolve();
    const known = this.#latest.get(name);
    if (known) return known;
    const resolving = resolve();
    this.#latest.set(name, resolving);
    resolving.catch(() => this.#latest.delete(name));
    return resolving;
  }

  #start(ref: ResolvedRef, key: string): Entry<Model> {
    const loading = this.#load(ref);
    const entry: Entry<Model> = { loading };
    loading.then(
      (model) => {
        entry.model = model;
        this.#keepWithinBudget(key);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry;
  }

  /** The model that was just loaded stays, even where it passes the budget by itself. */
  #keepWithinBudget(newest: string): void {
    let bytes = this.loaded().reduce((sum, { bytes: own }) => sum + own, 0);
    for (const [key, { model }] of this.#entries) {
      if (bytes <= this.#budgetBytes) return;
      if (key === newest || !model) continue;
      bytes -= model.bytes;
      this.#evict(key);
    }
  }

  #evict(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    // Warns only, because no call waits for the memory, and the calls of other models go on.
    entry?.model
      ?.dispose()
      .catch((cause: unknown) =>
        warnOfFailure(`Model ${key} was unloaded, but its memory could not be freed`, cause),
      );
  }
}
