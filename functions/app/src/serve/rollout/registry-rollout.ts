/** Serves what the aliases of a registry mean, by routing rules, canaries and shadows. Only a deployment that has them loads this. */
import type { Engine, ModelRef } from '@pilotlight/engine';
import type { RegistryStore } from '@pilotlight/engine/internal/store/registry/registry-store';
import { type PinnedVersion, PROD } from '@pilotlight/model-format/registry';
import type { Logger, Readiness, ServingEngine } from '../ports.ts';
import type { CalledModel, RolledCall, Rollout, RolloutListener, RolloutRecord } from '../rollout-port.ts';
import { AcceptedRecords } from './accepted-records.ts';
import type { FollowedModelOptions } from './followed-model.ts';
import { CallOfVersions } from './rolled-call.ts';
import { type RoutingRule, variantsOfAlias } from './routing-rules.ts';
import { Shadows } from './shadow.ts';
import { resolveUnmeant } from './unmeant.ts';
import { WatchedModel } from './watched-model.ts';

export interface RegistryRolloutOptions {
  readonly engine: Pick<Engine, 'models' | 'model' | 'predictor' | 'prepare' | 'loaded' | 'unload'>;
  /** @default - there is no registry, and rules alone decide */
  readonly store?: RegistryStore | undefined;
  /** The models whose records are followed. */
  readonly models: readonly string[];
  /** The folder that packages are fetched to. */
  readonly folder: string;
  readonly rules: readonly RoutingRule[];
  readonly pollMs: number;
  /**
   * When there is time to poll: ever, because the process runs on; while requests come, because it may stand still without; or after
   * answers, where `settle` is called; or before files, which can wait, and of which each is predicted with one version.
   */
  readonly polls: 'by timer' | 'by requests' | 'after answers' | 'before files';
  /** Milliseconds for the goldens of a version: as it starts, and later. */
  readonly goldensMs: number;
  readonly logger: Logger;
}

/** Inputs that wait in the queues of models from which on a shadow has to stand back. */
const BUSY = 4;

export class RegistryRollout implements Rollout<ServingEngine>, Readiness {
  readonly #options: RegistryRolloutOptions;
  readonly #watched: ReadonlyMap<string, WatchedModel>;
  readonly #started = new Map<string, Promise<void>>();
  readonly #states = new Map<string, 'loading' | 'ready' | 'failed'>();
  readonly #shadows: Shadows;
  readonly #listeners: RolloutListener[] = [];
  /** What happened before somebody listened. */
  readonly #untold: RolloutRecord[] = [];
  #polledAt = performance.now();
  #polling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RegistryRolloutOptions) {
    this.#options = options;
    const { engine, store, models, folder, rules, logger, goldensMs, polls } = options;
    const tell = (record: RolloutRecord) => this.#tell(record);
    const kept = new AcceptedRecords(folder);
    this.#watched = new Map(
      models.flatMap((name) => {
        if (!store) return [];
        const [source, onlyProd] = [store.records, polls === 'before files'];
        const variants: FollowedModelOptions['variants'] = (...meant) =>
          // Files are answered by what is served by itself.
          onlyProd ? [] : variantsOfAlias(rules, name, ...meant);
        const followed = { name, engine, store, source, kept, logger, tell, goldensMs, onlyProd, variants };
        return [[name, new WatchedModel(followed)]];
      }),
    );
    const isBusy = () => engine.loaded().reduce((sum, { queued }) => sum + queued, 0) >= BUSY;
    this.#shadows = new Shadows({ logger, tell, isBusy, held: polls === 'after answers' });
  }

  /** Has each model that is followed mean something. Resolves once they do, or cannot; never rejects. */
  async start(): Promise<void> {
    const { polls, pollMs } = this.#options;
    for (const [name, watched] of this.#watched) {
      this.#states.set(name, 'loading');
      const started = watched.start().then(() => {
        this.#states.set(name, watched.model.aliases[PROD] ? 'ready' : 'failed');
      });
      this.#started.set(name, started);
    }
    await Promise.all(this.#started.values());
    if (polls === 'after answers' || this.#watched.size === 0) return;
    this.#work((watched) => watched.finish());
    if (polls !== 'by timer') return;
    // Processes that began together do not ask together for ever.
    this.#timer = setInterval(() => this.#poll(), pollMs * (0.9 + Math.random() / 5)).unref();
  }

  states(): ReadonlyMap<string, 'loading' | 'ready' | 'failed'> {
    return this.#states;
  }

  listen(listeners: readonly RolloutListener[]): void {
    this.#listeners.push(...listeners);
    for (const record of this.#untold.splice(0)) this.#tell(record);
  }

  begin(call: CalledModel<ServingEngine>): RolledCall<ServingEngine> {
    const { polls, engine, rules, store } = this.#options;
    if (polls === 'by requests') this.#pollIfDue();
    const followed = (name: string) => {
      const model = this.#watched.get(name)?.model;
      return model && (this.#started.get(name) ?? Promise.resolve()).then(() => model);
    };
    return new CallOfVersions({ engine, rules, store, followed, shadows: this.#shadows }, call);
  }

  /** The models whose versions are those of the registry, also before they mean one. */
  get names(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /** Whether the versions of this model are those of the registry. */
  follows(name: string): boolean {
    return this.#watched.has(name);
  }

  /**
   * The version of a followed model that `ref` means now; nothing where the packages of the deployment answer.
   *
   * @throws EngineError MODEL_NOT_FOUND, PACKAGE_UNAVAILABLE
   */
  async meaning(ref: ModelRef): Promise<PinnedVersion | undefined> {
    const model = this.#watched.get(ref.name)?.model;
    const { store, polls } = this.#options;
    if (!model || !store) return undefined;
    await this.#started.get(ref.name);
    if (polls === 'before files') this.#pollIfDue();
    await this.#polling;
    const meant = model.meaning(ref.version);
    if (!meant) await resolveUnmeant(store, ref, model);
    return meant;
  }

  /** Has a version of a followed model answer, as `FollowedModel.use` says, until the function that is returned is called. */
  async use(name: string, version: PinnedVersion): Promise<() => void> {
    await this.#started.get(name);
    return (await this.#watched.get(name)?.model.use(version)) ?? (() => {});
  }

  /** Uses the time after an answer, until `deadline`, in milliseconds since 1970; what is left goes on the next time. It never rejects. */
  async settle(deadline: number): Promise<void> {
    this.#pollIfDue();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, deadline - Date.now()));
    await Promise.race([late, Promise.all([this.#polling, this.#shadows.drain()])]);
    clearTimeout(timer);
  }

  /** Polls no more. */
  close(): void {
    clearInterval(this.#timer);
  }

  #tell(record: RolloutRecord): void {
    if (this.#listeners.length === 0) this.#untold.push(record);
    for (const listener of this.#listeners) listener.rolledOut?.(record);
  }

  #pollIfDue(): void {
    if (performance.now() - this.#polledAt >= this.#options.pollMs) this.#poll();
    else this.#work((watched) => watched.finish());
  }

  #poll(): void {
    this.#polledAt = performance.now();
    this.#work((watched) => watched.poll());
  }

  /** One at a time, so that no more than one candidate is loaded beside what is served. */
  #work(work: (watched: WatchedModel) => Promise<void>): void {
    if (this.#polling) return;
    const all = async () => {
      for (const watched of this.#watched.values()) await work(watched);
    };
    this.#polling = all().finally(() => {
      this.#polling = undefined;
    });
  }
}
