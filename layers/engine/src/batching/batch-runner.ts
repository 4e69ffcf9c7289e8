/** From token requests to the outputs of the graph: encode, plan batches, run them in turns. */
import { setImmediate } from 'node:timers/promises';
import { EngineError } from '../errors.ts';
import type { TextProcessing, Variant } from '../manifest.ts';
import type {
  Encoding,
  Feeds,
  Outputs,
  Session,
  Tokenizer,
  TokenRequest,
  TokenResult,
  TruncationDirection,
} from '../ports.ts';
import { encodeRequests } from './encode-requests.ts';
import { planBatches } from './plan.ts';
import { feedsFor, resultOfRow } from './tensors.ts';
import { refuseMoreTokens, type TokenLimits } from './token-limits.ts';
import { Turns } from './turns.ts';

export interface BatchRunnerParts {
  readonly manifest: { readonly textProcessing: TextProcessing };
  readonly variant: Variant;
  readonly tokenizer: Tokenizer;
  readonly session: Session;
}

/** Is told of a request that can not be answered. */
export type Refuse = (request: number, error: EngineError) => void;

export interface RunOptions {
  readonly truncate: boolean;
  /** @default 'right' */
  readonly truncationDirection?: TruncationDirection;
  readonly alignment?: boolean;
  readonly signal?: AbortSignal;
  /** @default - any number of tokens */
  readonly limits?: TokenLimits;
  /** Index of the input that each request is for, by which errors name it. @default - that of the request */
  readonly inputOf?: readonly number[];
  /** What is kept of each window. @default - all of it */
  readonly condense?: (window: TokenResult) => TokenResult;
  /** @default - the first error ends all of the call */
  readonly refuse?: Refuse;
}

export interface TokenCounts {
  /** Tokens that the model read, special tokens included. */
  readonly total: number;
  /** Padding that it read beside them. */
  readonly padded: number;
  /** Tokens that were cut off. */
  readonly truncated: number;
}

export interface Inference {
  /** The windows of each request; none of one that was refused. */
  readonly results: readonly (readonly TokenResult[])[];
  readonly tokens: TokenCounts;
  /** Tokens that were cut off each request. */
  readonly truncated: readonly number[];
  readonly tokenizeMs: number;
  /** How long batches waited for those of other calls. */
  readonly queueMs: number;
  readonly inferMs: number;
}

/** Runs the requests of any number of calls on one session, one batch at a time. */
export class BatchRunner {
  readonly #parts: BatchRunnerParts;
  readonly #turns = new Turns();

  constructor(parts: BatchRunnerParts) {
    this.#parts = parts;
  }

  /**
   * @throws EngineError INPUT_TOO_LONG and SESSION_FAILED where there is no `refuse`, SESSION_FAILED in any case once the
   * session is gone, TOO_MANY_TOKENS, and the reason of an aborted `signal`.
   */
  async run(requests: readonly TokenRequest[], options: RunOptions): Promise<Inference> {
    const { tokenizer, variant, manifest } = this.#parts;
    const start = performance.now();
    const { maxTokens } = manifest.textProcessing;
    const { alignment = false, truncationDirection = 'right' } = options;
    const encoded = await encodeRequests(tokenizer, requests, { maxTokens, alignment, truncationDirection });
    const taken = options.truncate ? [...encoded.keys()] : withinLimit(requests, encoded, maxTokens, options);
    if (options.limits) refuseMoreTokens(encoded, options.limits, options.inputOf);
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
        this.#runBatch(batch, results, options).then(() => waitedMs),
      );
      queueMs += waited;
      inferMs += performance.now() - batchStart - waited;
      read += batch.length * Math.max(...batch.map(({ encoding }) => encoding.ids.length));
    }
    const total = lengths.reduce((sum, length) => sum + length, 0);
    const truncated: number[] = Array.from(encoded, () => 0);
    for (const request of taken) truncated[request] = cutFrom(encoded[request] ?? []);
    const cut = truncated.reduce((sum, tokens) => sum + tokens, 0);
    const tokens = { total, padded: read - total, truncated: cut };
    return { results, tokens, truncated, tokenizeMs, queueMs, inferMs };
  }

  /** Runs the graph once on tensors of the caller's, in its turn. @throws EngineError SESSION_FAILED */
  async runFeeds(feeds: Feeds): Promise<{ outputs: Outputs; queueMs: number; inferMs: number }> {
    const start = performance.now();
    return this.#turns.take(async (queueMs) => {
      const outputs = await this.#parts.session.run(feeds);
      return { outputs, queueMs, inferMs: performance.now() - start - queueMs };
    });
  }

  async #runBatch(
    batch: readonly Window[],
    results: readonly TokenResult[][],
    { refuse, condense = asItIs }: Pick<RunOptions, 'refuse' | 'condense'>,
  ): Promise<void> {
    const { session, variant, manifest } = this.#parts;
    const graph = variant.graphs.model;
    const encodings = batch.map(({ encoding }) => encoding);
    let outputs: Outputs;
    try {
      outputs = await session.run(feedsFor(graph, encodings, manifest.textProcessing.padTokenId));
    } catch (error) {
      if (!(error instanceof EngineError) || session.ended || !refuse) throw error;
      const [first] = batch;
      if (first && batch.length === 1) return refuse(first.request, error);
      for (const window of batch) await this.#runBatch([window], results, { refuse, condense });
      return;
    }
    for (const [row, { request, index, encoding }] of batch.entries()) {
      const windows = results[request];
      if (windows) windows[index] = condense(resultOfRow(graph, outputs, row, encoding));
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

/** Tokens that were cut off; one that is in any window was not. */
function cutFrom([first]: readonly Encoding[]): number {
  return first ? (first.truncatedTokens ?? first.untruncatedLength - first.ids.length) : 0;
}

/** The requests that are short enough for the model, by their index; the others are refused. */
function withinLimit(
  requests: readonly TokenRequest[],
  encoded: readonly (readonly Encoding[])[],
  maxTokens: number,
  { refuse, inputOf }: Pick<RunOptions, 'refuse' | 'inputOf'>,
): number[] {
  return [...encoded.keys()].filter((request) => {
    const { untruncatedLength: tokens = 0, crowded } = encoded[request]?.[0] ?? {};
    const { windows } = requests[request] ?? {};
    if (windows ? !crowded : tokens <= maxTokens) return true;
    const index = inputOf?.[request] ?? request;
    const error = crowded
      ? tooCrowded(crowded, windows?.other?.field ?? 'text', index)
      : new EngineError(
          'INPUT_TOO_LONG',
          `Input ${index} has ${tokens} tokens; this model takes at most ${maxTokens}. Shorten it, or set "truncate": true to have it cut.`,
          { details: { field: 'inputs', index, tokens, maxTokens } },
        );
    if (!refuse) throw error;
    refuse(request, error);
    return false;
  });
}

/** A text that stands in every window and leaves them too little room for the other one. */
function tooCrowded(
  { tokens, maxTokens }: NonNullable<Encoding['crowded']>,
  field: string,
  index: number,
): EngineError {
  return new EngineError(
    'INPUT_TOO_LONG',
    `The ${field} of input ${index} has ${tokens} tokens; beside the other text this model takes at most ${maxTokens} of it. Shorten it, or set "truncate": true to have it cut.`,
    { details: { field: `inputs.${field}`, index, tokens, maxTokens } },
  );
}

const asItIs = (window: TokenResult): TokenResult => window;

const isGiven = <T>(value: T | undefined): value is T => value !== undefined;
