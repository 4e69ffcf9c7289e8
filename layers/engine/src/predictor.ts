/** One loaded model: from inputs to results, by way of tokens, batches and logits. */
import { planBatches } from './batching/plan.ts';
import { feedsFor, resultOfRow } from './batching/tensors.ts';
import { Turns } from './batching/turns.ts';
import { EngineError } from './errors.ts';
import type { Manifest, Variant } from './manifest.ts';
import type { Encoding, LoadTimings, Session, Tokenizer, TokenRequest, TokenResult } from './ports.ts';
import type { AnyTask } from './tasks/index.ts';
import { parseInputs, parseParameters } from './validate.ts';

export interface PredictorParts {
  readonly manifest: Manifest;
  readonly variantName: string;
  readonly variant: Variant;
  readonly task: AnyTask;
  readonly tokenizer: Tokenizer;
  readonly session: Session;
  readonly loadTimings: LoadTimings;
  readonly maxQueuedRequests: number;
}

export interface PredictOptions {
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

interface Inference {
  readonly results: readonly TokenResult[];
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
    const { task, manifest } = this.#parts;
    const list = parseInputs(task, inputs);
    const settings = parseParameters(task, parameters);
    const requests = list.map((input) => task.requests(input, settings));
    const inference = await this.#whileActive(() =>
      this.#infer(requests.flat(), { truncate: settings.truncate, ...options }),
    );
    const start = performance.now();
    let next = 0;
    const results = list.map((input, i) => {
      const own = inference.results.slice(next, next + (requests[i]?.length ?? 0));
      next += own.length;
      return task.result(input, own, settings, manifest);
    });
    const { tokenizeMs, queueMs, inferMs, tokens } = inference;
    return {
      results,
      timings: { tokenizeMs, queueMs, inferMs, postprocessMs: performance.now() - start },
      tokens,
      model: { name: manifest.name, version: manifest.version, variant: this.variantName },
    };
  }

  /** The model's outputs for each request, as the graph gives them: what `predict` makes results of. */
  async infer(
    requests: readonly TokenRequest[],
    options: PredictOptions & { readonly truncate?: boolean } = {},
  ): Promise<readonly TokenResult[]> {
    const { results } = await this.#whileActive(() => this.#infer(requests, { truncate: false, ...options }));
    return results;
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

  async #infer(
    requests: readonly TokenRequest[],
    options: PredictOptions & { readonly truncate: boolean },
  ): Promise<Inference> {
    const { tokenizer, variant, manifest } = this.#parts;
    const start = performance.now();
    const { maxTokens } = manifest.textProcessing;
    const encodings = await tokenizer.encode(requests, { maxTokens });
    if (!options.truncate) refuseTooLong(encodings, maxTokens);
    const tokenizeMs = performance.now() - start;

    const results: TokenResult[] = new Array(encodings.length);
    const lengths = encodings.map(({ ids }) => ids.length);
    let queueMs = 0;
    let inferMs = 0;
    let read = 0;
    for (const batch of planBatches(lengths, variant.tokenBudget)) {
      options.signal?.throwIfAborted();
      const members = batch.map((index) => encodings[index]).filter((encoding) => encoding !== undefined);
      const batchStart = performance.now();
      const waited = await this.#turns.take((waitedMs) =>
        this.#runBatch(batch, members, results).then(() => waitedMs),
      );
      queueMs += waited;
      inferMs += performance.now() - batchStart - waited;
      read += batch.length * Math.max(...members.map(({ ids }) => ids.length));
    }
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const untruncated = encodings.reduce((sum, { untruncatedLength }) => sum + untruncatedLength, 0);
    return {
      results,
      tokens: { total, padded: read - total, truncated: untruncated - total },
      tokenizeMs,
      queueMs,
      inferMs,
    };
  }

  async #runBatch(
    batch: readonly number[],
    members: readonly Encoding[],
    results: TokenResult[],
  ): Promise<void> {
    const { session, variant, manifest } = this.#parts;
    const graph = variant.graphs.model;
    const outputs = await session.run(feedsFor(graph, members, manifest.textProcessing.padTokenId));
    for (const [row, encoding] of members.entries()) {
      const index = batch[row];
      if (index !== undefined) results[index] = resultOfRow(graph, outputs, row, encoding);
    }
  }
}

function refuseTooLong(encodings: readonly Encoding[], maxTokens: number): void {
  const index = encodings.findIndex(({ untruncatedLength }) => untruncatedLength > maxTokens);
  const tokens = encodings[index]?.untruncatedLength;
  if (tokens === undefined) return;
  throw new EngineError(
    'INPUT_TOO_LONG',
    `Input ${index} has ${tokens} tokens; this model takes at most ${maxTokens}. Shorten it, or set "truncate": true to have it cut.`,
    { details: { field: 'inputs', index, tokens, maxTokens } },
  );
}
