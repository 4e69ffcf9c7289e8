/** One loaded model: from inputs to results, by way of tokens, batches and logits. */

import { type Manifest, type TaskName, tokenizerFiles, type Variant } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import { Activity } from './activity.ts';
import { BatchRunner, type Inference, type RunOptions, type TokenCounts } from './batching/batch-runner.ts';
import type { BatchTally, FeedsReport, Scheduler } from './batching/scheduler.ts';
import { schedulerOf } from './batching/scheduler-of.ts';
import type { TokenLimits } from './batching/token-limits.ts';
import { refuseMoreCharacters } from './character-limits.ts';
import { checkGolden, type GoldenCheck } from './goldens/check.ts';
import type { NextGolden } from './goldens/golden-reader.ts';
import type { BatchingSettings } from './options.ts';
import type {
  Feeds,
  LoadTimings,
  Session,
  TaskContext,
  Tokenizer,
  TokenRequest,
  TokenResult,
} from './ports.ts';
import { runTask, type TaskRun } from './task-run.ts';
import { type AnyTask, taskFor } from './tasks/index.ts';
import type { CommonParameters } from './tasks/parameters.ts';
import { requestOf } from './tasks/text-input.ts';
import {
  type DecodeOptions,
  decode,
  type Tokenization,
  type TokenizeOptions,
  tokenize,
  vocabularyOf,
} from './tokenization.ts';
import { parseInputs, parseParameters, parseTexts, tryInput } from './validate.ts';

export interface PredictorParts {
  readonly manifest: Manifest;
  readonly variantName: string;
  readonly variant: Variant;
  readonly task: AnyTask;
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  /** Of short texts alone. @default - they share the other one */
  readonly shortSession?: Session;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
  readonly batching: BatchingSettings;
  readonly nextGolden: () => Promise<NextGolden>;
}

export interface PredictOptions {
  /** Another task that the model can do, too. @default - that of its manifest */
  readonly task?: TaskName;
  /** Stops between two batches once it is aborted. */
  readonly signal?: AbortSignal;
  /**
   * Where calls share batches: nobody waits for this one, so that it gives way to others and may wait for as long as it takes.
   * See batching/ADR-dynamic-batching.md. @default false
   */
  readonly background?: boolean;
  /** What the call may make the model read. @default - what the model takes */
  readonly limits?: TokenLimits;
}

/** Milliseconds of each stage; `queueMs` is how long batches waited for those of other requests. */
export interface StageTimings {
  readonly tokenizeMs: number;
  readonly queueMs: number;
  readonly inferMs: number;
  readonly postprocessMs: number;
}

export interface Prediction {
  /** One result for each input, in order; its shape is the task's. */
  readonly results: readonly unknown[];
  readonly timings: StageTimings;
  readonly tokens: TokenCounts;
  /** Tokens that were cut off each input, in order. */
  readonly truncated: readonly number[];
  readonly model: { readonly name: string; readonly version: string; readonly variant: string };
  /** The batches that the model ran for it; none of a pipeline, which makes its own. */
  readonly batches?: BatchTally;
}

/** What became of one input among many. */
export type Outcome = { readonly result: unknown } | { readonly error: EngineError };

export interface EachPrediction extends Omit<Prediction, 'results'> {
  /** One outcome for each input, in order. */
  readonly outcomes: readonly Outcome[];
}

export class Predictor {
  readonly manifest: Manifest;
  readonly variantName: string;
  readonly variant: Variant;
  readonly loadTimings: LoadTimings;
  readonly #parts: PredictorParts;
  readonly #scheduler: Scheduler;
  readonly #runner: BatchRunner;
  readonly #context: TaskContext;
  readonly #activity: Activity;

  constructor(parts: PredictorParts) {
    this.manifest = parts.manifest;
    this.variantName = parts.variantName;
    this.variant = parts.variant;
    this.loadTimings = parts.loadTimings;
    this.#parts = parts;
    this.#activity = new Activity(parts.manifest, parts.maxQueuedRequests);
    this.#scheduler = schedulerOf(parts);
    this.#runner = new BatchRunner({ ...parts, scheduler: this.#scheduler });
    const { labels, taskDefaults, textProcessing } = parts.manifest;
    const vocabulary = vocabularyOf(parts.tokenizer);
    this.#context = { labels, textProcessing, vocabulary, ...(taskDefaults && { taskDefaults }) };
  }

  /** Bytes of the files behind this predictor: what the engine's memory budget counts. */
  get bytes(): number {
    return [...tokenizerFiles(this.manifest.textProcessing), ...this.variant.files].reduce(
      (sum, { bytes }) => sum + bytes,
      0,
    );
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
    const { session, shortSession } = this.#parts;
    return !this.#activity.isDisposed && !session.ended && !shortSession?.ended;
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
    const task = this.#taskOf(options);
    const list = parseInputs(task, inputs);
    const settings = parseParameters(task, parameters);
    const listed = Array.isArray(inputs);
    const { results, report } = await this.#runTask(task, list, settings, { ...options, listed });
    return { results, ...report };
  }

  /**
   * As `predict` on a list, but an input that is refused, or that the model can not be run on, is an outcome with an
   * error, and the others are not affected. For bulk work, where one bad row must not stop a file.
   *
   * @throws EngineError INVALID_PARAMETER, OVERLOADED, PREDICTOR_DISPOSED, and SESSION_FAILED once the session is
   * gone: then nothing is known of any input.
   */
  async predictEach(
    inputs: readonly unknown[],
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<EachPrediction> {
    const task = this.#taskOf(options);
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
    parseParameters(this.#taskOf(options), parameters);
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
    const { results, truncated, inference, postprocessMs } = await runTask(inputs, {
      task,
      parameters,
      context: this.#context,
      infer: async (requests, runOptions) => {
        if (limits) refuseMoreCharacters(requests, limits, runOptions.inputOf);
        const asked = { background, ...(signal && { signal }), ...(limits && { limits }) };
        return this.#infer(requests, { ...runOptions, ...asked });
      },
      listed,
      ...(refuse && { refuse }),
    });
    const { tokenizeMs, queueMs, inferMs, tokens, batches } = inference;
    const { name, version } = this.manifest;
    const report = {
      timings: { tokenizeMs, queueMs, inferMs, postprocessMs },
      tokens,
      truncated,
      model: { name, version, variant: this.variantName },
      batches,
    };
    return { results, report };
  }

  /** The model's outputs for each window of each request, as the graph gives them: what `predict` makes results of. */
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
   * @throws EngineError OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED. What the tensors hold is not checked.
   */
  run(feeds: Feeds): Promise<FeedsReport> {
    return this.withGraph((run) => run(feeds));
  }

  /**
   * As `run`, however often: all of `work` is one call, and the model stays loaded until it has settled.
   *
   * @throws EngineError OVERLOADED, PREDICTOR_DISPOSED, and what `work` throws
   */
  withGraph<T>(work: (run: (feeds: Feeds) => Promise<FeedsReport>) => Promise<T>): Promise<T> {
    return this.#activity.during(() => work((feeds) => this.#runner.runFeeds(feeds)));
  }

  /**
   * The tokens of texts, or of pairs `{text, text_pair}`, as the model would read them; none is cut, however long it is.
   *
   * @throws EngineError INVALID_INPUT with `field`, OVERLOADED, PREDICTOR_DISPOSED.
   */
  tokenize(inputs: readonly unknown[], options: TokenizeOptions = {}): Promise<Tokenization[]> {
    return this.#activity.during(() =>
      tokenize(this.#parts.tokenizer, parseTexts(inputs).map(requestOf), options),
    );
  }

  /**
   * The text of each list of token ids.
   *
   * @throws EngineError INVALID_INPUT with `field`, for an id that the vocabulary does not have; OVERLOADED,
   * PREDICTOR_DISPOSED.
   */
  decode(ids: readonly (readonly number[])[], options: DecodeOptions = {}): Promise<string[]> {
    return this.#activity.during(() => decode(this.#parts.tokenizer, ids, options));
  }

  /**
   * Runs one golden of the package, and the one after it at the next call; reads none before the first.
   *
   * @throws EngineError PACKAGE_CORRUPT where the goldens can not be read, OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED.
   */
  async checkGolden(): Promise<GoldenCheck> {
    const next = await this.#parts.nextGolden();
    return checkGolden(next, this.variantName, (requests, options) => this.infer(requests, options));
  }

  /** Lets what is under way finish, refuses what comes after, and frees the model. */
  dispose(): Promise<void> {
    return this.#activity.dispose(() => this.#close());
  }

  async #close(): Promise<void> {
    this.#parts.tokenizer.dispose();
    await Promise.all([this.#parts.session.dispose(), this.#parts.shortSession?.dispose()]);
  }

  #infer(requests: readonly TokenRequest[], options: RunOptions): Promise<Inference> {
    return this.#activity.during(() => this.#runner.run(requests, options));
  }

  /** @throws EngineError TASK_UNSUPPORTED */
  #taskOf({ task: name }: PredictOptions): AnyTask {
    const { task, manifest } = this.#parts;
    if (name === undefined || name === task.name) return task;
    const wanted = taskFor(name);
    if (wanted.serves(manifest)) return wanted;
    throw new EngineError(
      'TASK_UNSUPPORTED',
      `Model ${manifest.name} is for ${task.name}; it can not do ${name}.`,
      { details: { model: manifest.name, task: name } },
    );
  }
}
