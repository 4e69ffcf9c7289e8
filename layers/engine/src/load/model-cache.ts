import { formatModelRef } from '@pilotlight/model-format';
import type { ModelRef, ResolvedRef } from '../ports.ts';
import type { LoadedModel } from '../predict/loaded-model.ts';
import { warnOfFailure } from '../session/warn-of-failure.ts';

/** The part of a loaded model that the cache needs. */
type Kept = Pick<LoadedModel, 'bytes' | 'usable' | 'variantName' | 'dispose'>;

interface Entry<Model> {
  readonly ref: ResolvedRef;
  readonly loading: Promise<Model>;
  model?: Model;
}

export interface ModelCacheOptions<Model> {
  /** Loads the variant that the reference names, else the one that is served by itself. */
  readonly load: (ref: ResolvedRef) => Promise<Model>;
  /** The name of the variant that is served by itself. It is asked only where a call names another than is loaded. */
  readonly ownVariant: (ref: ResolvedRef) => Promise<string>;
  /** Bytes of weights to keep. */
  readonly budgetBytes: number;
}

/**
 * Models by name, version and variant: each loads once however many wait for it, failures are forgotten, and past
 * the memory budget the least recently used go. The order of `#entries` is the order of their last use.
 */
export class ModelCache<Model extends Kept> {
  readonly #options: ModelCacheOptions<Model>;
  readonly #entries = new Map<string, Entry<Model>>();
  readonly #latest = new Map<string, Promise<ResolvedRef>>();

  constructor(options: ModelCacheOptions<Model>) {
    this.#options = options;
  }

  /** `changes`: whether a name may mean another version at the next call. */
  async get(ref: ModelRef, resolve: () => Promise<ResolvedRef>, changes = false): Promise<Model> {
    const { name, version } = await this.#resolve(ref, resolve, changes);
    const resolved = await this.#settle({ name, version }, ref.variant);
    const key = keyOf(resolved);
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

  /**
   * Forgets one version in all its variants, or in the one that `ref` names, and frees it once its calls have ended. A load that is under
   * way ends first.
   */
  async release(ref: ResolvedRef): Promise<void> {
    const released = [...this.#entries].filter(([, entry]) => isOf(entry.ref, ref));
    for (const [key] of released) this.#entries.delete(key);
    await disposeAll(released.map(([, entry]) => entry));
  }

  async dispose(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    this.#latest.clear();
    await disposeAll(entries);
  }

  /** A name without a version means the same version for as long as the engine lives, unless it `changes`. */
  #resolve(ref: ModelRef, resolve: () => Promise<ResolvedRef>, changes: boolean): Promise<ResolvedRef> {
    const { name, version } = ref;
    if (version !== undefined) {
      const resolved = { name, version };
      const isLoaded = this.#entries.has(keyOf(resolved)) || this.#entries.has(keyOf({ ...ref, version }));
      return isLoaded ? Promise.resolve(resolved) : resolve();
    }
    if (changes) return resolve();
    const known = this.#latest.get(name);
    if (known) return known;
    const resolving = resolve();
    this.#latest.set(name, resolving);
    resolving.catch(() => this.#latest.delete(name));
    return resolving;
  }

  /** The variant that is served by itself goes without its name, so that whoever names it gets the one that is loaded. */
  async #settle(own: ResolvedRef, variant: string | undefined): Promise<ResolvedRef> {
    if (variant === undefined) return own;
    const named = { ...own, variant };
    if (this.#entries.has(keyOf(named))) return named;
    const { model } = this.#entries.get(keyOf(own)) ?? {};
    const ownVariant = model?.variantName ?? (await this.#options.ownVariant(named));
    return ownVariant === variant ? own : named;
  }

  #start(ref: ResolvedRef, key: string): Entry<Model> {
    const loading = this.#options.load(ref);
    const entry: Entry<Model> = { ref, loading };
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
      if (bytes <= this.#options.budgetBytes) return;
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

/** `name@version`, or `name@version:variant`: neither part has a colon. */
function keyOf(ref: ResolvedRef): string {
  return ref.variant === undefined ? formatModelRef(ref) : `${formatModelRef(ref)}:${ref.variant}`;
}

function isOf(loaded: ResolvedRef, { name, version, variant }: ResolvedRef): boolean {
  return (
    loaded.name === name &&
    loaded.version === version &&
    (variant === undefined || loaded.variant === variant)
  );
}

/** @throws what the first of them throws that cannot be freed */
async function disposeAll(entries: readonly Entry<Kept>[]): Promise<void> {
  const settled = await Promise.allSettled(entries.map(({ loading }) => loading));
  await Promise.all(settled.map((load) => (load.status === 'fulfilled' ? load.value.dispose() : undefined)));
}
