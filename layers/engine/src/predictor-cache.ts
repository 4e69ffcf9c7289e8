import type { ModelRef, ResolvedRef } from './ports.ts';

/** What the cache asks of a predictor, of whichever runtime. */
interface Kept {
  readonly bytes: number;
  readonly usable: boolean;
  dispose(): Promise<void>;
}

interface Entry<Predictor> {
  readonly loading: Promise<Predictor>;
  predictor?: Predictor;
}

/**
 * Predictors by model and version: each loads once however many wait for it, failures are forgotten, and past
 * the memory budget the least recently used go. The order of `#entries` is the order of their last use.
 */
export class PredictorCache<Predictor extends Kept> {
  readonly #load: (ref: ResolvedRef) => Promise<Predictor>;
  readonly #budgetBytes: number;
  readonly #entries = new Map<string, Entry<Predictor>>();
  readonly #latest = new Map<string, Promise<ResolvedRef>>();

  constructor(load: (ref: ResolvedRef) => Promise<Predictor>, budgetBytes: number) {
    this.#load = load;
    this.#budgetBytes = budgetBytes;
  }

  async get(ref: ModelRef, resolve: () => Promise<ResolvedRef>): Promise<Predictor> {
    const resolved = await this.#resolve(ref, resolve);
    const key = `${resolved.name}@${resolved.version}`;
    let entry = this.#entries.get(key);
    if (entry?.predictor?.usable === false) {
      this.#evict(key);
      entry = undefined;
    }
    entry ??= this.#start(resolved, key);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.loading;
  }

  loaded(): readonly Predictor[] {
    return [...this.#entries.values()].flatMap(({ predictor }) => (predictor ? [predictor] : []));
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

  /** A name without a version means the same version for as long as the engine lives. */
  #resolve(ref: ModelRef, resolve: () => Promise<ResolvedRef>): Promise<ResolvedRef> {
    const { name, version } = ref;
    if (version !== undefined && this.#entries.has(`${name}@${version}`))
      return Promise.resolve({ name, version });
    if (version !== undefined) return resolve();
    const known = this.#latest.get(name);
    if (known) return known;
    const resolving = resolve();
    this.#latest.set(name, resolving);
    resolving.catch(() => this.#latest.delete(name));
    return resolving;
  }

  #start(ref: ResolvedRef, key: string): Entry<Predictor> {
    const loading = this.#load(ref);
    const entry: Entry<Predictor> = { loading };
    loading.then(
      (predictor) => {
        entry.predictor = predictor;
        this.#keepWithinBudget(key);
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry;
  }

  /** What was just loaded stays, even where it passes the budget by itself. */
  #keepWithinBudget(newest: string): void {
    let bytes = this.loaded().reduce((sum, predictor) => sum + predictor.bytes, 0);
    for (const [key, { predictor }] of this.#entries) {
      if (bytes <= this.#budgetBytes) return;
      if (key === newest || !predictor) continue;
      bytes -= predictor.bytes;
      this.#evict(key);
    }
  }

  #evict(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    entry?.predictor?.dispose().catch((cause: unknown) => warnOfLeak(key, cause));
  }
}

/** Nobody waits for it, and the calls of other models go on. */
function warnOfLeak(key: string, cause: unknown): void {
  const reason = cause instanceof Error ? cause.message : String(cause);
  process.emitWarning(
    `Model ${key} was unloaded, but its memory could not be freed: ${reason}`,
    'PilotlightWarning',
  );
}
