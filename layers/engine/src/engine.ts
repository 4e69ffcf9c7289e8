/** The engine: models by name, each loaded once. The only place where ports meet adapters. */

import { parseModelRef } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { type LoaderParts, loadModel } from './loader.ts';
import { type EngineOptions, predictorSettings } from './options.ts';
import { PipelinePredictor } from './pipelines/pipeline-predictor.ts';
import { openTransformersJs } from './pipelines/transformers-js.ts';
import type { CreateSession, ModelRef, PackageEntry, PackageStore } from './ports.ts';
import { type Prediction, type PredictOptions, Predictor, type PreparedCall } from './predictor.ts';
import { PredictorCache } from './predictor-cache.ts';
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
  readonly #cache: PredictorCache<Predictor | PipelinePredictor>;

  constructor(options: EngineOptions) {
    this.#store = storeOf(options);
    const parts: LoaderParts = {
      store: this.#store,
      createTokenizer: createRustTokenizer,
      createSession: SESSIONS[options.sessions ?? 'inline'],
      openPipeline: openTransformersJs,
      settings: predictorSettings(options),
    };
    this.#cache = new PredictorCache(
      (ref) => loadModel(ref, parts),
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
   * @throws EngineError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT, PACKAGE_UNAVAILABLE; TASK_UNSUPPORTED for a
   * pipeline, which has no tokens
   */
  async predictor(ref: string | ModelRef): Promise<Predictor> {
    const model = await this.model(ref);
    if (!(model instanceof PipelinePredictor)) return model;
    const { name, task } = model.manifest;
    throw new EngineError(
      'TASK_UNSUPPORTED',
      `Model ${name} is for ${task}, which only predictions are made of: POST /models/${name}.`,
      { details: { model: name, task } },
    );
  }

  /**
   * As `predictor`, whatever runs the model: transformers.js takes over what the engine has no task for.
   *
   * @throws EngineError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT, PACKAGE_UNAVAILABLE
   */
  model(ref: string | ModelRef): Promise<Predictor | PipelinePredictor> {
    const wanted = typeof ref === 'string' ? parseModelRef(ref) : ref;
    return this.#cache.get(wanted, () => this.#store.resolve(wanted));
  }

  /** As `predict` of the model that `ref` names. */
  async predict(
    ref: string | ModelRef,
    inputs: unknown,
    parameters?: unknown,
    options?: PredictOptions,
  ): Promise<Prediction> {
    return (await this.#usable(ref)).predict(inputs, parameters, options);
  }

  /** As `prepare` of the model that `ref` names. A model that was unloaded before `run` is loaded and prepared anew. */
  async prepare(
    ref: string | ModelRef,
    inputs: unknown,
    parameters?: unknown,
    options?: Pick<PredictOptions, 'task' | 'limits'>,
  ): Promise<PreparedCall> {
    const model = await this.#usable(ref);
    const prepared = await model.prepare(inputs, parameters, options);
    return {
      tokens: prepared.tokens,
      estimatedMs: prepared.estimatedMs,
      run: async (more) => {
        if (model.usable) return prepared.run(more);
        return (await (await this.#usable(ref)).prepare(inputs, parameters, options)).run(more);
      },
    };
  }

  async #usable(ref: string | ModelRef): Promise<Predictor | PipelinePredictor> {
    let predictor = await this.model(ref);
    while (!predictor.usable) predictor = await this.model(ref);
    return predictor;
  }

  /** The predictors that are loaded now. */
  loaded(): readonly Predictor[] {
    return this.#cache.loaded().filter((model) => model instanceof Predictor);
  }

  /** The pipelines that are loaded now. */
  loadedPipelines(): readonly PipelinePredictor[] {
    return this.#cache.loaded().filter((model) => model instanceof PipelinePredictor);
  }

  /** Lets predictions under way finish and frees every model. */
  dispose(): Promise<void> {
    return this.#cache.dispose();
  }
}
