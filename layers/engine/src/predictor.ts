/** One loaded model: from inputs to results, by way of tokens, batches and logits. */
import { setImmediate } from 'node:timers/promises';
import { planBatches } from './batching/plan.ts';
import { feedsFor, resultOfRow } from './batching/tensors.ts';
import { Turns } from './batching/turns.ts';
import { EngineError } from './errors.ts';
import { checkGolden, type GoldenCheck } from './goldens/check.ts';
import type { NextGolden } from './goldens/golden-reader.ts';
import type { Manifest, TaskName, Variant } from './manifest.ts';
import type {
  Encoding,
  LoadTimings,
  Session,
  TaskContext,
  Tokenizer,
  TokenRequest,
  TokenResult,
} from './ports.ts';
import { type AnyTask, taskFor } from './tasks/index.ts';
import { parseInputs, parseParameters, tryInput } from './validate.ts';

export interface PredictorParts {
  readonly manifest: Manifest;
  readonly variantName: string;
  readonly variant: Variant;
  readonly task: AnyTask;
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
  readonly nextGolden: () => Promise<NextGolden>;
}

export interface PredictOptions {
  /** Another task that the model can do, too. @default - that of its manifest */
  readonly task?: TaskName;
  /** Stops between two batches once it is aborted. */
  readonly signal?: AbortSignal;
}

/** Milliseconds of each stage; `queueMs` is how long batches waited for those of other requests. */
export interface StageTimings {
  readonly tokenizeMs: number;
  readonly queueMs: number;
  readonly inferMs: number;
  readonly postprocessMs: number;
}

export interface TokenCounts {
  /** Tokens that the model read, special tokens included. */
  readonly total: number;
  /** Padding that it read beside them. */
  readonly padded: number;
  /** Tokens that were cut off. */
  readonly truncated: number;
}

export interface Prediction {
  /** One result for each input, in order; its shape is the task's. */
  readonly results: readonly unknown[];
  readonly timings: StageTimings;
  readonly tokens: TokenCounts;
  readonly model: { readonly name: string; readonly version: string; readonly variant: string };
}

/** What became of one input among many. */
export type Outcome = { readonly result: unknown } | { readonly error: EngineError };

export interface EachPrediction extends Omit<Prediction, 'results'> {
  /** One outcome for each input, in order. */
  readonly outcomes: readonly Outcome[];
}

/** Is told of a request that can not be answered; throws where that is to end all of them. */
type Refuse = (request: number, error: EngineError) => void;

interface InferOptions extends PredictOptions {
  readonly truncate: boolean;
  readonly alignment?: boolean;
  readonly refuse: Refuse;
}

const refuseAll: Refuse = (_request, error) => {
  throw error;
};

interface Inference {
  /** The windows of each request; none of one that was refused. */
  readonly results: readonly (readonly TokenResult[])[];
  readonly tokens: TokenCounts;
  readonly tokenizeMs: number;
  readonly queueMs: number;
  readonly inferMs: number;
}

export class Predictor {
  readonly manifest: Manifest;
  readonly variantName: string;
  readonly variant: Variant;
  readonly loadTimings: LoadTimings;
  readonly #parts: PredictorParts;
  readonly #turns = new Turns();
  #active = 0;
  #idle = Promise.withResolvers<void>();
  #disposed: Promise<void> | undefined;

  constructor(parts: PredictorParts) {
    this.manifest = parts.manifest;
    this.variantName = parts.variantName;
    this.variant = parts.variant;
    this.loadTimings = parts.loadTimings;
    this.#parts = parts;
  }

  /** Bytes of the files behind this predictor: what the engine's memory budget counts. */
  get bytes(): number {
    return [this.manifest.textProcessing.file, ...this.variant.files].reduce(
      (sum, { bytes }) => sum + bytes,
      0,
    );
  }

  /** False once it is disposed of or its session died: the engine then loads the model anew. */
  get usable(): boolean {
    return this.#disposed === undefined && !this.#parts.session.ended;
  }

  /**
   * Predicts one input (anything but an array) or an array of inputs.
   *
   * @throws EngineError INVALID_INPUT and INVALID_PARAMETER with `field`, INPUT_TOO_LONG with `tokens` and
   * `maxTokens`, OVERLOADED, SESSION_FAILED, PREDICTOR_DISPOSED.
   */
  async predict(
    inputs: unknown,
    parameters: unknown = {},
    options: PredictOptions = {},
  ): Promise<Prediction> {
    const task = this.#taskOf(options);
    const list = parseInputs(task, inputs);
    const settings = parseParameters(task, parameters);
    const context = this.#context;
    const requests = list.map((input) => task.requests(input, settings, context));
    const inference = await this.#whileActive(() =>
      this.#infer(requests.flat(), {
        truncate: settings.truncate,
        alignment: task.alignment,
        refuse: refuseAll,
        ...options,
      }),
    );
    const start = performance.now();
    let next = 0;
    const results = list.map((input, i) => {
      const own = inference.results.slice(next, next + (requests[i]?.length ?? 0));
      next += own.length;
      return task.result(input, own, settings, context);
    });
    return { results: await Promise.all(results), ...this.#reportOf(inference, start) };
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
    const settings = parseParameters(task, parameters);
    const context = this.#context;
    const errors = new Map<number, EngineError>();
    const parsed = inputs.map((input, index) => {
      const { value, error } = tryInput(task, input);
      if (error) errors.set(index, error);
      return { value, requests: error ? [] : task.requests(value, settings, context) };
    });
    const owners = parsed.flatMap(({ requests }, index) => requests.map(() => index));
    const refuse: Refuse = (request, error) => errors.set(owners[request] ?? 0, error);
    const all = parsed.flatMap(({ requests }) => requests);
    const inference = await this.#whileActive(() =>
      this.#infer(all, {
        truncate: settings.truncate,
        alignment: task.alignment,
        refuse,
        ...options,
      }),
    );
    const start = performance.now();
    let next = 0;
    const outcomes = parsed.map(async ({ value, requests }, index): Promise<Outcome> => {
      const own = inference.results.slice(next, next + requests.length);
      next += requests.length;
      const error = errors.get(index);
      return error ? { error } : { result: await task.result(value, own, settings, context) };
    });
    return { outcomes: await Promise.all(outcomes), ...this.#reportOf(inference, start) };
  }

  #reportOf({ tokenizeMs, queueMs, inferMs, tokens }: Inference, postprocessStart: number) {
    const { name, version } = this.manifest;
    return {
      timings: { tokenizeMs, queueMs, inferMs, postprocessMs: performance.now() - postprocessStart },
      tokens,
      model: { name, version, variant: this.variantName },
    };
  }

  /** The model's outputs for each window of each request, as the graph gives them: what `predict` makes results of. */
  async infer(
    requests: readonly TokenRequest[],
    options: PredictOptions & { readonly truncate?: boolean; readonly alignment?: boolean } = {},
  ): Promise<readonly TokenResult[]> {
    const { results } = await this.#whileActive(() =>
      this.#infer(requests, { truncate: false, refuse: refuseAll, ...options }),
    );
    return results.flat();
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
    this.#disposed ??= this.#close();
    return this.#disposed;
  }

  async #close(): Promise<void> {
    if (this.#active > 0) await this.#idle.promise;
    this.#parts.tokenizer.dispose();
    await this.#parts.session.dispose();
  }

  async #whileActive<T>(work: () => Promise<T>): Promise<T> {
    const { name, version } = this.manifest;
    if (this.#disposed) throw new EngineError('PREDICTOR_DISPOSED', `Model ${name}@${version} was unloaded.`);
    if (this.#active >= this.#parts.maxQueuedRequests) {
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

  get #context(): TaskContext {
    const { manifest, tokenizer } = this.#parts;
    const { labels, taskDefaults, textProcessing } = manifest;
    return { labels, textProcessing, vocabulary: tokenizer, ...(taskDefaults && { taskDefaults }) };
  }

  async #infer(requests: readonly TokenRequest[], options: InferOptions): Promise<Inference> {
    const { tokenizer, variant, manifest } = this.#parts;
    const start = performance.now();
    const { maxTokens } = manifest.textProcessing;
    const { alignment = false } = options;
    const encoded = await tokenizer.encode(requests, { maxTokens, alignment });
    const taken = options.truncate
      ? [...encoded.keys()]
      : withinLimit(requests, encoded, maxTokens, options.refuse);
    const tokenizeMs = performance.now() - start;

    const windows = taken.flatMap((request) =>
      (encoded[request] ?? []).map((encoding, index) => ({ request, index, encoding })),
    );
    const results: TokenResult[][] = Array.from(encoded, () => []);
    let queueMs = 0;
    let inferMs = 0;
    let read = 0;
    const lengths = windows.map(({ encoding }) => encoding.ids.length);
    for (const [turn, places] of planBatches(lengths, variant.tokenBudget).entries()) {
      // A session in this thread blocks it: between two batches, what has arrived meanwhile gets its turn.
      if (turn > 0) await setImmediate();
      options.signal?.throwIfAborted();
      const batch = places.map((place) => windows[place]).filter(isGiven);
      const batchStart = performance.now();
      const waited = await this.#turns.take((waitedMs) =>
        this.#runBatch(batch, results, options.refuse).then(() => waitedMs),
      );
      queueMs += waited;
      inferMs += performance.now() - batchStart - waited;
      read += batch.length * Math.max(...batch.map(({ encoding }) => encoding.ids.length));
    }
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const truncated = taken.reduce((sum, request) => sum + cutFrom(encoded[request] ?? []), 0);
    return { results, tokens: { total, padded: read - total, truncated }, tokenizeMs, queueMs, inferMs };
  }

  async #runBatch(
    batch: readonly Window[],
    results: readonly TokenResult[][],
    refuse: Refuse,
  ): Promise<void> {
    const { session, variant, manifest } = this.#parts;
    const graph = variant.graphs.model;
    const encodings = batch.map(({ encoding }) => encoding);
    try {
      const outputs = await session.run(feedsFor(graph, encodings, manifest.textProcessing.padTokenId));
      for (const [row, { request, index, encoding }] of batch.entries()) {
        const windows = results[request];
        if (windows) windows[index] = resultOfRow(graph, outputs, row, encoding);
      }
    } catch (error) {
      if (!(error instanceof EngineError) || session.ended || refuse === refuseAll) throw error;
      const [first] = batch;
      if (first && batch.length === 1) return refuse(first.request, error);
      for (const window of batch) await this.#runBatch([window], results, refuse);
    }
  }
}

/** One encoding of a request, on its way through a batch. */
interface Window {
  readonly request: number;
  /** Its place among the windows of the request. */
  readonly index: number;
  readonly encoding: Encoding;
}

/** Tokens that were cut off; a request that was divided into windows lost none. */
function cutFrom([first, ...more]: readonly Encoding[]): number {
  return first === undefined || more.length > 0 ? 0 : first.untruncatedLength - first.ids.length;
}

/** The requests that are short enough for the model, by their index; the others are refused. */
function withinLimit(
  requests: readonly TokenRequest[],
  encoded: readonly (readonly Encoding[])[],
  maxTokens: number,
  refuse: Refuse,
): number[] {
  return [...encoded.keys()].filter((index) => {
    const tokens = encoded[index]?.[0]?.untruncatedLength ?? 0;
    if (tokens <= maxTokens || requests[index]?.windows) return true;
    const error = new EngineError(
      'INPUT_TOO_LONG',
      `Input ${index} has ${tokens} tokens; this model takes at most ${maxTokens}. Shorten it, or set "truncate": true to have it cut.`,
      { details: { field: 'inputs', index, tokens, maxTokens } },
    );
    refuse(index, error);
    return false;
  });
}

const isGiven = <T>(value: T | undefined): value is T => value !== undefined;
