/** The engine: models by name, each loaded once. The only place where ports meet adapters. */
import { type LoaderParts, loadPredictor } from './loader.ts';
import { type EngineOptions, predictorSettings } from './options.ts';
import type { CreateSession, ModelRef, PackageEntry, PackageStore } from './ports.ts';
import type { Prediction, PredictOptions, Predictor } from './predictor.ts';
import { PredictorCache } from './predictor-cache.ts';
import { parseModelRef } from './refs.ts';
import { createOnnxSession } from './session/onnx-session.ts';
import { createWorkerSession } from './session/worker-session.ts';
import { FolderStore } from './store/folder-store.ts';
import { createRustTokenizer } from './tokenizer/rust-tokenizer.ts';

const SESSIONS: Record<'inline' | 'worker', CreateSession> = {
  inline: createOnnxSession,
  worker: createWorkerSession,
};

function storeOf({ packages, verify = 'sha256' }: EngineOptions): PackageStore {
  return typeof packages === 'string' ? new FolderStore(packages, { verify }) : packages;
}

/** Create one, in module scope, and keep it: models stay loaded from one request to the next. */
export class Engine {
  readonly #store: PackageStore;
  readonly #cache: PredictorCache;

  constructor(options: EngineOptions) {
    this.#store = storeOf(options);
    const parts: LoaderParts = {
      store: this.#store,
      createTokenizer: createRustTokenizer,
      createSession: SESSIONS[options.sessions ?? 'inline'],
      settings: predictorSettings(options),
    };
    this.#cache = new PredictorCache(
      (ref) => loadPredictor(ref, parts),
      options.memoryBudgetBytes ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Every package of the store; a broken one has a `problem`. */
  models(): Promise<readonly PackageEntry[]> {
    return this.#store.list();
  }

  /**
   * The predictor of a model, loaded on the first call and kept. However many callers wait, a model loads once;
   * a load that failed is tried again by the next call. A version that is not named is the highest of the store.
   *
   * @throws EngineError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT, PACKAGE_UNAVAILABLE
   */
  predictor(ref: string | ModelRef): Promise<Predictor> {
    const wanted = typeof ref === 'string' ? parseModelRef(ref) : ref;
    return this.#cache.get(wanted, () => this.#store.resolve(wanted));
  }

  /** As `Predictor.predict`, on the model that `ref` names. */
  async predict(
    ref: string | ModelRef,
    inputs: unknown,
    parameters?: unknown,
    options?: PredictOptions,
  ): Promise<Prediction> {
    let predictor = await this.predictor(ref);
    while (!predictor.usable) predictor = await this.predictor(ref);
    return predictor.predict(inputs, parameters, options);
  }

  /** The predictors that are loaded now. */
  loaded(): readonly Predictor[] {
    return this.#cache.loaded();
  }

  /** Lets predictions under way finish and frees every model. */
  dispose(): Promise<void> {
    return this.#cache.dispose();
  }
}
