/** The engine finds models by name and loads each once. It is the only place where ports meet adapters. */

import { findChecksum, formatModelRef, parseModelRef, servedVariant } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { readPublicKeys } from '@pilotlight/model-format/internal/package/signature/keys';
import type { LoaderDependencies } from './load/dependencies.ts';
import { loadModel } from './load/load-model.ts';
import { ModelCache } from './load/model-cache.ts';
import { type EngineOptions, predictorSettings } from './load/options.ts';
import type { CreateSession, ModelRef, PackageEntry, PackageStore, ResolvedRef } from './ports.ts';
import { AnswerCache, type CacheState } from './predict/answer-cache.ts';
import type {
  BulkModel,
  LoadedModel,
  Prediction,
  PredictOptions,
  PreparedCall,
} from './predict/loaded-model.ts';
import { Predictor } from './predict/predictor.ts';
import { createOnnxSession } from './session/onnx-session.ts';
import { createWorkerSession } from './session/worker-session.ts';
import { FolderStore } from './store/folder-store.ts';
import { SignedStore } from './store/signed-store.ts';
import { createTokenizer } from './tokenizer/create-tokenizer.ts';

const SESSIONS: Record<'inline' | 'worker', CreateSession> = {
  inline: createOnnxSession,
  worker: createWorkerSession,
};

/** A signature is of the sums of the files, and says nothing of files that nobody compares with them. */
function openStore({ packages, verify = 'sha256', signedBy }: EngineOptions): PackageStore {
  if (signedBy === undefined)
    return typeof packages === 'string' ? new FolderStore(packages, { verify }) : packages;
  const store = typeof packages === 'string' ? new FolderStore(packages) : packages;
  return new SignedStore(store, signedBy.flatMap(readPublicKeys));
}

/** Why a model that is no `Predictor` does not read tokens as one, by its runtime. */
const NO_TOKENS: Readonly<Record<string, string>> = {
  'transformers.js': 'has no tokens and only makes predictions',
  generation: 'generates text, and gives neither vectors nor tokens: send its inputs to POST /models/{model}',
  allennlp: 'reads the JSON of its predictor: send it to POST /models/{model}',
};

/** The number of loads after which a call gives up a model whose session ends as soon as it is ready. */
const MOST_LOADS = 3;

/**
 * Finds, loads and runs models. Create one, in module scope, and keep it: models stay loaded from one request to the next.
 *
 * @example
 * const engine = new Engine({ packages: 'model-assets/packages' });
 * const { results } = await engine.predict('sentiment', ['What a day!', 'It rained.']);
 */
export class Engine {
  readonly #store: PackageStore;
  readonly #cache: ModelCache<LoadedModel>;
  readonly #answers: AnswerCache | undefined;

  constructor(options: EngineOptions) {
    this.#store = openStore(options);
    const { answerCacheBytes = 0 } = options;
    this.#answers = answerCacheBytes > 0 ? new AnswerCache(answerCacheBytes) : undefined;
    const dependencies: LoaderDependencies = {
      store: this.#store,
      createTokenizer,
      createSession: SESSIONS[options.sessions ?? 'inline'],
      settings: predictorSettings(options),
    };
    const { variant, executionProvider } = dependencies.settings;
    this.#cache = new ModelCache({
      load: (ref) => loadModel(ref, dependencies),
      ownVariant: async (ref) =>
        servedVariant((await this.#store.open(ref)).manifest, executionProvider, variant),
      budgetBytes: options.memoryBudgetBytes ?? Number.POSITIVE_INFINITY,
    });
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
   * model that has no tokens
   */
  async predictor(ref: string | ModelRef): Promise<Predictor> {
    const model = await this.model(ref);
    if (model instanceof Predictor) return model;
    const { name, task } = model.manifest;
    throw new EngineError(
      'TASK_UNSUPPORTED',
      `Model ${name} is for ${task}. It ${NO_TOKENS[model.manifest.runtime] ?? 'only makes predictions'}.`,
      { details: { model: name, task } },
    );
  }

  /**
   * The model as `model` gives it, if it answers the rows of files.
   *
   * @throws EngineError as `model` does; TASK_UNSUPPORTED for a model whose runtime answers no rows
   */
  async bulkModel(ref: string | ModelRef): Promise<BulkModel> {
    const model = await this.model(ref);
    if (isBulk(model)) return model;
    const { name, task } = model.manifest;
    throw new EngineError(
      'TASK_UNSUPPORTED',
      `Model ${name} is for ${task}. It takes no files of rows; send its inputs one by one.`,
      { details: { model: name, task } },
    );
  }

  /**
   * Loads a model as `predictor` does, whatever runs it: transformers.js runs the tasks that the engine itself does not have. A variant
   * that `ref` names is loaded beside the one that is served by itself, once, and counts in the memory budget as a model of its own.
   *
   * @throws EngineError MODEL_NOT_FOUND, PACKAGE_INVALID, PACKAGE_CORRUPT, PACKAGE_UNAVAILABLE
   */
  model(ref: string | ModelRef): Promise<LoadedModel> {
    const wanted = typeof ref === 'string' ? parseModelRef(ref) : ref;
    return this.#cache.get(wanted, () => this.#store.resolve(wanted), this.#store.changes);
  }

  /** Loads the model that `ref` names, and calls its `predict`. */
  async predict(
    ref: string | ModelRef,
    inputs: unknown,
    parameters?: unknown,
    options?: PredictOptions,
  ): Promise<Prediction> {
    return (await this.#usable(ref)).predict(inputs, parameters, options);
  }

  /** Loads the model that `ref` names, and calls its `prepare`. A model that was unloaded before `run` is loaded and prepared anew. */
  async prepare(
    ref: string | ModelRef,
    inputs: unknown,
    parameters?: unknown,
    options?: Pick<PredictOptions, 'task' | 'limits' | 'signal'>,
  ): Promise<PreparedCall> {
    const model = await this.#usable(ref);
    const prepared = await model.prepare(inputs, parameters, options);
    return {
      tokens: prepared.tokens,
      estimatedMs: prepared.estimatedMs,
      ...(prepared.stream && { stream: prepared.stream.bind(prepared) }),
      run: (more) => {
        const run = async () => {
          if (model.usable) return prepared.run(more);
          return (await (await this.#usable(ref)).prepare(inputs, parameters, options)).run(more);
        };
        if (!this.#answers || !(model instanceof Predictor)) return run();
        const { manifest, variantName } = model;
        const { name, version } = manifest;
        const { task = manifest.task, limits, signal } = options ?? {};
        const identity = [
          name,
          version,
          findChecksum(manifest),
          variantName,
          task,
          limits,
          parameters,
          inputs,
        ];
        return this.#answers.answer({ signal, ...more, identity, run });
      },
    };
  }

  /** Answers that are kept; nothing where none are to be. */
  get answerCache(): CacheState | undefined {
    return this.#answers?.state;
  }

  /** The models that are loaded now, whatever runs them. */
  loaded(): readonly LoadedModel[] {
    return this.#cache.loaded();
  }

  /**
   * Lets predictions of one version under way finish, and frees it in all its variants, or in the one that `ref` names. It does nothing
   * where it is not loaded.
   */
  unload(ref: ResolvedRef): Promise<void> {
    return this.#cache.release(ref);
  }

  /** Lets predictions under way finish and frees every model. */
  dispose(): Promise<void> {
    return this.#cache.dispose();
  }

  /** A session may end between the load and the call. One that ends each time must not be loaded without end. */
  async #usable(ref: string | ModelRef): Promise<LoadedModel> {
    for (let load = 0; load < MOST_LOADS; load++) {
      const model = await this.model(ref);
      if (model.usable) return model;
    }
    const wanted = typeof ref === 'string' ? parseModelRef(ref) : ref;
    throw new EngineError(
      'SESSION_FAILED',
      `Model ${formatModelRef(wanted)} was loaded ${MOST_LOADS} times, and its session ended at once each time.`,
      { details: { model: wanted.name } },
    );
  }
}

function isBulk(model: LoadedModel): model is BulkModel {
  return 'predictEach' in model;
}
