/** A loaded model that reads tokens: it turns inputs into results by way of tokens, batches and logits. */

import { type OnnxManifest, servedFiles, sumOfBytes, type Variant } from '@pilotlight/model-format';
import type { Reference } from '@pilotlight/model-format/drift';
import { EngineError } from '@pilotlight/model-format/errors';
import { BatchRunner, type Inference, type RunOptions } from '../batching/batch-runner.ts';
import type { BatchingSettings } from '../batching/batching-settings.ts';
import { createScheduler } from '../batching/create-scheduler.ts';
import type { FeedsReport, Scheduler } from '../batching/scheduler.ts';
import { estimateMs } from '../batching/token-limits.ts';
import type { Feeds, LoadTimings, TaskContext, Tokenizer, TokenRequest, TokenResult } from '../ports.ts';
import { anyEnded, disposeSessions, packSessions, type Sessions } from '../session/open-sessions.ts';
import { type AnyTask, findTask } from '../tasks/index.ts';
import type { CommonParameters } from '../tasks/parameters.ts';
import { toTokenRequest } from '../tasks/text-input.ts';
import { Activity } from './activity.ts';
import { checkGolden, type GoldenCheck } from './goldens/check.ts';
import type { NextGolden } from './goldens/golden-reader.ts';
import type {
  BulkModel,
  EachPrediction,
  Outcome,
  Prediction,
  PredictOptions,
  PreparedCall,
} from './loaded-model.ts';
import { beginTask, runTask, type TaskResults, type TaskRun } from './task-run.ts';
import {
  type DecodeOptions,
  decode,
  exposeVocabulary,
  type Tokenization,
  type TokenizeOptions,
  tokenize,
} from './tokenization.ts';
import { parseInputs, parseParameters, parseTexts, tryInput } from './validate.ts';

export interface PredictorDependencies extends Sessions {
  readonly manifest: OnnxManifest;
  readonly variantName: string;
  readonly variant: Variant;
  readonly task: AnyTask;
  readonly tokenizer: Tokenizer;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
  readonly batching: BatchingSettings;
  readonly nextGolden: () => Promise<NextGolden>;
  /** Whether predictions have readings. @default false */
  readonly readings?: boolean;
  /** See `LoadedModel.reference`. */
  readonly readReference?: () => Promise<Reference | undefined>;
}

export class Predictor implements BulkModel {
  readonly manifest: OnnxManifest;
  readonly variantName: string;
  readonly variant: Variant;
  readonly loadTimings: LoadTimings;
  readonly #dependencies: PredictorDependencies;
  readonly #scheduler: Scheduler;
  readonly #runner: BatchRunner;
  readonly #context: Omit<TaskContext, 'giveWay'>;
  readonly #activity: Activity;
  readonly #readings: TaskRun['readings'];

  constructor(dependencies: PredictorDependencies) {
    this.manifest = dependencies.manifest;
    this.variantName = dependencies.variantName;
    this.variant = dependencies.variant;
    this.loadTimings = dependencies.loadTimings;
    this.#dependencies = dependencies;
    this.#activity = new Activity(dependencies.manifest, dependencies.maxQueuedRequests);
    this.#scheduler = createScheduler(dependencies);
    this.#runner = new BatchRunner({ ...dependencies, scheduler: this.#scheduler });
    const { labels, taskDefaults, textProcessing } = dependencies.manifest;
    const vocabulary = exposeVocabulary(dependencies.tokenizer);
    this.#context = { labels, textProcessing, vocabulary, taskDefaults };
    if (dependencies.readings) this.#readings = { unknownId: dependencies.tokenizer.unknownId };
  }

  /** Bytes of the files behind this predictor, which the engine's memory budget counts. */
  get bytes(): number {
    return sumOfBytes(servedFiles(this.manifest, this.variant));
  }

  /** Texts, or windows of them, that wait for a batch. */
  get queued(): number {
    return this.#scheduler.queued;
  }

  /** Tokens that a batch may have, padding included: those of the variant, unless the engine's options say otherwise. */
  get maxBatchTokens(): number {
    return this.#scheduler.maxBatchTokens;
  }

  /** False once it is disposed of or its session died: the engine then loads the model anew. */
  get usable(): boolean {
    return !this.#activity.isDisposed && !anyEnded(this.#dependencies);
  }

  /** Packs the weights now, where the engine's options left that for later; see session/ADR-packing.md. Never rejects. */
  pack(): Promise<void> {
    return packSessions(this.#dependencies);
  }

  /**
   * Predicts one input (anything but an array) or an array of inputs.
   *
   * @throws EngineError INVALID_INPUT and INVALID_PARAMETER with `field`, INPUT_TOO_LONG and TOO_MANY_TOKENS with
   * `tokens` and `maxTokens`, TOO_MUCH_WORK with `estimatedMs` and `maxInferMs`, OVERLOADED, SESSION_FAILED,
   * PREDICTOR_DISPOSED.
   */
  async predict(
    inputs: unknown,
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<Prediction> {
    const task = this.#chooseTask(options);
    const list = parseInputs(task, inputs);
    const settings = parseParameters(task, parameters);
    const listed = Array.isArray(inputs);
    const { results, report } = await this.#runTask(task, list, settings, { ...options, listed });
    return { results, ...report };
  }

  /**
   * The first half of `predict`: checks and tokenises the inputs, so that the work can be estimated, or handed to another
   * server, before it is done.
   *
   * @throws EngineError as `predict`, except the errors that only happen while the model runs
   */
  async prepare(
    inputs: unknown,
    parameters: unknown = {},
    options: Pick<PredictOptions, 'task' | 'limits' | 'signal'> = {},
  ): Promise<PreparedCall> {
    const task = this.#chooseTask(options);
    const list = parseInputs(task, inputs);
    const settings = parseParameters(task, parameters);
    const listed = Array.isArray(inputs);
    const { limits, signal } = options;
    const begun = beginTask(list, {
      ...{ task, parameters: settings, context: this.#context, listed, limits },
      readings: this.#readingsOf(task),
    });
    const asked: RunOptions = { ...begun.options, limits, signal };
    const encoded = await this.#activity.during(async () => {
      await task.checkParameters?.(settings, this.#context);
      return this.#runner.encode(begun.requests, asked);
    });
    return {
      tokens: encoded.total,
      estimatedMs: estimateMs(encoded.total, this.variant),
      run: async (more = {}) => {
        const inference = await this.#activity.during(() =>
          this.#runner.runEncoded(encoded, { ...asked, ...more }),
        );
        const { results, report } = this.#report(await begun.finish(inference, more.signal ?? signal));
        return { results, ...report };
      },
    };
  }

  /**
   * Predicts a list as `predict` does, but an input that is refused, or that the model cannot be run on, is an outcome with an
   * error, and the others are not affected. It is for bulk work, where one bad row must not stop a file.
   *
   * @throws EngineError INVALID_PARAMETER, OVERLOADED, PREDICTOR_DISPOSED, and SESSION_FAILED once the session is
   * gone: then nothing is known of any input.
   */
  async predictEach(
    inputs: readonly unknown[],
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<EachPrediction> {
    const task = this.#chooseTask(options);
    const errors = new Map<number, EngineError>();
    const values = inputs.map((input, index) => {
      const { value, error } = tryInput(task, input);
      if (error) errors.set(index, error);
      return value;
    });
    const refuse = (input: number, error: EngineError): void => void errors.set(input, error);
    const settings = parseParameters(task, parameters);
    const { results, report } = await this.#runTask(task, values, settings, { ...options, refuse });
    const outcomes = results.map((result, index): Outcome => {
      const error = errors.get(index);
      return error ? { error } : { result };
    });
    return { outcomes, ...report };
  }

  /**
   * Checks parameters without any input, so that a file of rows is refused before one of them is read.
   *
   * @throws EngineError INVALID_PARAMETER with `field`, TASK_UNSUPPORTED
   */
  checkParameters(parameters: unknown, options: Pick<PredictOptions, 'task'> = {}): void {
    parseParameters(this.#chooseTask(options), parameters);
  }

  async #runTask(
    task: AnyTask,
    inputs: readonly unknown[],
    parameters: CommonParameters,
    {
      signal,
      background = false,
      limits,
      refuse,
      listed = false,
    }: PredictOptions & Pick<TaskRun, 'refuse' | 'listed'>,
  ) {
    const done = await runTask(inputs, {
      task,
      parameters,
      context: this.#context,
      infer: (requests, runOptions) => this.#infer(requests, { ...runOptions, background, signal, limits }),
      limits,
      signal,
      listed,
      refuse,
      readings: this.#readingsOf(task),
    });
    return this.#report(done);
  }

  #report({ results, truncated, inference, postprocessMs, readings }: TaskResults) {
    const { tokenizeMs, queueMs, inferMs, tokens, batches } = inference;
    const { name, version } = this.manifest;
    const report = {
      timings: { tokenizeMs, queueMs, inferMs, postprocessMs },
      tokens,
      truncated,
      model: { name, version, variant: this.variantName },
      batches,
      ...(readings && { readings }),
    };
    return { results, report };
  }

  /** Gives the model's outputs for each window of each request, from which `predict` makes results. */
  async infer(
    requests: readonly TokenRequest[],
    options: PredictOptions & { readonly truncate?: boolean; readonly alignment?: boolean } = {},
  ): Promise<readonly TokenResult[]> {
    const { results } = await this.#infer(requests, { truncate: false, ...options });
    return results.flat();
  }

  /**
   * Runs the graph once on tensors by the names of its inputs, `[batch, tokens]` each, and gives those of its outputs.
   *
   * The values of the tensors are not checked.
   *
   * @throws EngineError OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED.
   */
  run(feeds: Feeds): Promise<FeedsReport> {
    return this.withGraph((run) => run(feeds));
  }

  /**
   * Lets `work` run the graph any number of times. All of it is one call, and the model stays loaded until it has settled.
   *
   * @throws EngineError OVERLOADED, PREDICTOR_DISPOSED, and what `work` throws
   */
  withGraph<T>(work: (run: (feeds: Feeds) => Promise<FeedsReport>) => Promise<T>): Promise<T> {
    return this.#activity.during(() => work((feeds) => this.#runner.runFeeds(feeds)));
  }

  /**
   * Splits texts, or pairs `{text, text_pair}`, into tokens as the model would read them; none is cut, however long it is.
   *
   * @throws EngineError INVALID_INPUT with `field`, OVERLOADED, PREDICTOR_DISPOSED.
   */
  tokenize(inputs: readonly unknown[], options: TokenizeOptions = {}): Promise<Tokenization[]> {
    return this.#activity.during(() =>
      tokenize(this.#dependencies.tokenizer, parseTexts(inputs).map(toTokenRequest), options),
    );
  }

  /**
   * Puts together the text of each list of token ids.
   *
   * @throws EngineError INVALID_INPUT with `field`, for an id that the vocabulary does not have; OVERLOADED,
   * PREDICTOR_DISPOSED.
   */
  decode(ids: readonly (readonly number[])[], options: DecodeOptions = {}): Promise<string[]> {
    return this.#activity.during(() => decode(this.#dependencies.tokenizer, ids, options));
  }

  /** Whether an id is that of a token. Ids may have gaps, and then the highest is above the number of tokens. */
  hasToken(id: number): boolean {
    const { vocabSize } = this.manifest.textProcessing;
    if (!Number.isInteger(id) || id < 0) return false;
    return id < vocabSize || this.#dependencies.tokenizer.idToToken(id) !== undefined;
  }

  /**
   * Runs one golden of the package, and the one after it at the next call; reads none before the first.
   *
   * @throws EngineError PACKAGE_CORRUPT where the goldens cannot be read, OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED.
   */
  async checkGolden(): Promise<GoldenCheck> {
    const next = await this.#dependencies.nextGolden();
    return checkGolden(next, this.variantName, (requests, options) => this.infer(requests, options));
  }

  /** Reads what the model's texts are usually like, out of its package. @throws PilotlightError REFERENCE_INVALID */
  async reference(): Promise<Reference | undefined> {
    return this.#dependencies.readReference?.();
  }

  /** Lets calls under way finish, refuses later ones, and frees the model. */
  dispose(): Promise<void> {
    return this.#activity.dispose(() => this.#close());
  }

  async #close(): Promise<void> {
    this.#dependencies.tokenizer.dispose();
    await disposeSessions(this.#dependencies);
  }

  #infer(requests: readonly TokenRequest[], options: RunOptions): Promise<Inference> {
    return this.#activity.during(() => this.#runner.run(requests, options));
  }

  /** Only the model's own task is counted: the reference is of it. */
  #readingsOf(task: AnyTask): TaskRun['readings'] {
    return task === this.#dependencies.task ? this.#readings : undefined;
  }

  /** @throws EngineError TASK_UNSUPPORTED */
  #chooseTask({ task: name }: PredictOptions): AnyTask {
    const { task, manifest } = this.#dependencies;
    if (name === undefined || name === task.name) return task;
    const wanted = findTask(name);
    if (wanted?.serves(manifest)) return wanted;
    throw new EngineError(
      'TASK_UNSUPPORTED',
      `Model ${manifest.name} is for ${task.name}; it cannot do ${name}.`,
      { details: { model: manifest.name, task: name } },
    );
  }
}
