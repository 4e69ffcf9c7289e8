/** Turns token requests into outputs of the graph: it encodes them, and has the scheduler run them in batches. */

import type { TextProcessing, Variant } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Pooling } from '../math/pooling.ts';
import type {
  Encoding,
  Feeds,
  InputPart,
  Tokenizer,
  TokenRequest,
  TokenResult,
  TruncationDirection,
} from '../ports.ts';
import { InputError } from '../tasks/refusals.ts';
import { encodeInGroups } from './encode-requests.ts';
import { findDistinct } from './identical.ts';
import type { BatchTally, FeedsReport, Scheduler } from './scheduler.ts';
import { longInput, refuseMoreTokens, refuseMoreWork, type TokenLimits } from './token-limits.ts';

export interface BatchRunnerDependencies {
  readonly manifest: { readonly textProcessing: TextProcessing };
  readonly variant: Pick<Variant, 'inferMsPerToken'>;
  readonly tokenizer: Tokenizer;
  readonly scheduler: Scheduler;
}

/** Is told of a request that cannot be answered. */
export type Refuse = (request: number, error: EngineError) => void;

export interface RunOptions {
  readonly truncate: boolean;
  /** @default 'right' */
  readonly truncationDirection?: TruncationDirection | undefined;
  readonly alignment?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Whether the call gives way to others where batches are shared. @default false */
  readonly background?: boolean;
  /** @default - any number of tokens */
  readonly limits?: TokenLimits | undefined;
  /** Index of the input that each request is for, by which errors name it. @default - that of the request */
  readonly inputOf?: readonly number[];
  /** Whether the inputs came as a list. @default false */
  readonly listed?: boolean;
  /** How the hidden states of each window become one vector. @default - all outputs are wanted */
  readonly pooling?: Pooling | undefined;
  /** Keeps a part of each window. @default - all of it is kept */
  readonly condense?: ((window: TokenResult) => TokenResult) | undefined;
  /** @default - the first error ends all of the call */
  readonly refuse?: Refuse | undefined;
}

export interface TokenCounts {
  /** Tokens of the texts as the model reads them, special tokens included. Those of a text that is there twice count twice. */
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
  /** Milliseconds that batches waited for those of other calls. */
  readonly queueMs: number;
  readonly inferMs: number;
  readonly batches: BatchTally;
}

/** The tokens of one call, before any of them is run. */
export interface EncodedCall {
  /** The windows of each request. */
  readonly encoded: readonly (readonly Encoding[])[];
  /** The requests that are short enough for the model, by their index. */
  readonly taken: readonly number[];
  /** The windows that are to run, each with its place in its request. */
  readonly windows: readonly {
    readonly request: number;
    readonly index: number;
    readonly encoding: Encoding;
  }[];
  /** Tokens of all windows, special tokens included. */
  readonly total: number;
  readonly tokenizeMs: number;
}

/** Runs the requests of any number of calls on one session. */
export class BatchRunner {
  readonly #dependencies: BatchRunnerDependencies;

  constructor(dependencies: BatchRunnerDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * @throws EngineError INVALID_INPUT, INPUT_TOO_LONG and SESSION_FAILED where there is no `refuse`, SESSION_FAILED in any case once the
   * session is gone, TOO_MANY_TOKENS, TOO_MUCH_WORK, and the reason of an aborted `signal`.
   */
  async run(requests: readonly TokenRequest[], options: RunOptions): Promise<Inference> {
    return this.runEncoded(await this.encode(requests, options), options);
  }

  /**
   * The first half of `run`: the tokens of the requests, within the limits of the call.
   *
   * @throws EngineError INVALID_INPUT and INPUT_TOO_LONG where there is no `refuse`, TOO_MANY_TOKENS, TOO_MUCH_WORK, and the
   * reason of an aborted `signal`
   */
  async encode(requests: readonly TokenRequest[], options: RunOptions): Promise<EncodedCall> {
    const { tokenizer, manifest, variant } = this.#dependencies;
    const start = performance.now();
    const { maxTokens, truncationSide = 'right' } = manifest.textProcessing;
    const { alignment = false, truncationDirection = truncationSide } = options;
    const { limits, inputOf, signal } = options;
    const encoded: (readonly Encoding[])[] = [];
    const taken: number[] = [];
    const longest = options.truncate ? Number.POSITIVE_INFINITY : maxTokens;
    await encodeInGroups(
      tokenizer,
      requests,
      { maxTokens, alignment, truncationDirection },
      {
        signal,
        limits,
        most: ({ windows }) => (windows ? (limits?.maxInputTokens ?? Number.POSITIVE_INFINITY) : longest),
        take: (windows, request) => {
          encoded.push(windows);
          const error = findFault(requests[request], windows, request, { ...options, maxTokens });
          if (error === undefined) taken.push(request);
          else if (options.refuse) options.refuse(request, error);
          else throw error;
        },
      },
    );
    if (limits) refuseMoreTokens(encoded.map(countTokens), limits, { inputOf });
    const windows = taken.flatMap((request) =>
      (encoded[request] ?? []).map((encoding, index) => ({ request, index, encoding })),
    );
    const lengths = windows.map(({ encoding }) => encoding.ids.length);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (limits) refuseMoreWork(total, variant, limits);
    return { encoded, taken, windows, total, tokenizeMs: performance.now() - start };
  }

  /**
   * The second half of `run`, any time later. Windows of equal tokens are run once, and each gets the result. See
   * ADR-identical-texts.md.
   *
   * @throws EngineError SESSION_FAILED, and the reason of an aborted `signal`
   */
  async runEncoded(call: EncodedCall, options: RunOptions): Promise<Inference> {
    const { encoded, taken, windows, total, tokenizeMs } = call;
    const { scheduler } = this.#dependencies;
    const results: TokenResult[][] = Array.from(encoded, () => []);
    const { signal, background = false, refuse, pooling, condense = asItIs } = options;
    const { encodings, places } = findDistinct(windows.map(({ encoding }) => encoding));
    const deliver = (place: number, result: TokenResult): void => {
      const { request, index, encoding } = windows[place] ?? {};
      const own = request === undefined ? undefined : results[request];
      if (own && index !== undefined && encoding) own[index] = condense({ ...result, encoding });
    };
    const { queueMs, inferMs, read, batches } = await scheduler.run(encodings, {
      deliver: (kind, result) => {
        for (const place of places[kind] ?? []) deliver(place, result);
      },
      signal,
      background,
      pooling,
      refuse:
        refuse &&
        ((kind, error) => {
          for (const place of places[kind] ?? []) refuse(windows[place]?.request ?? 0, error);
        }),
    });
    const truncated: number[] = Array.from(encoded, () => 0);
    for (const request of taken) truncated[request] = cutFrom(encoded[request] ?? []);
    const cut = truncated.reduce((sum, tokens) => sum + tokens, 0);
    const tokens = { total, padded: read - countTokens(encodings), truncated: cut };
    return { results, tokens, truncated, tokenizeMs, queueMs, inferMs, batches };
  }

  /** Runs the graph once on tensors of the caller's, in its turn. @throws EngineError SESSION_FAILED */
  runFeeds(feeds: Feeds): Promise<FeedsReport> {
    return this.#dependencies.scheduler.runFeeds(feeds);
  }
}

/** Counts the tokens of all windows. */
function countTokens(windows: readonly Encoding[]): number {
  return windows.reduce((sum, { ids }) => sum + ids.length, 0);
}

/** Counts the tokens that were cut off, which are in none of the windows. */
function cutFrom([first]: readonly Encoding[]): number {
  return first ? (first.truncatedTokens ?? first.untruncatedLength - first.ids.length) : 0;
}

/** Why the model cannot read a request: it has no token, or too many. Undefined where it can. */
function findFault(
  { windows, part }: Pick<TokenRequest, 'windows' | 'part'> = {},
  encodings: readonly Encoding[],
  request: number,
  { inputOf, listed = false, limits, maxTokens, truncate }: RunOptions & { readonly maxTokens: number },
): EngineError | undefined {
  const index = inputOf?.[request] ?? request;
  const [{ untruncatedLength: tokens = 0, crowded, isBeginning = false } = {}] = encodings;
  if (encodings.some(({ ids }) => ids.length === 0)) {
    return new InputError(placeOf(part), 'has no tokens', listed ? index : undefined);
  }
  if (windows && isBeginning)
    return longInput({ index, tokens, maxTokens: limits?.maxInputTokens ?? 0 }, { orMore: true });
  if (truncate) return undefined;
  if (crowded) {
    const field = windows?.other?.field ?? 'text';
    return tooLong({ ...crowded, index, part: { field } }, 'beside the other text this model takes');
  }
  return !windows && tokens > maxTokens
    ? tooLong({ tokens, maxTokens, index, part, isBeginning }, 'this model takes')
    : undefined;
}

interface TooLong {
  readonly tokens: number;
  readonly maxTokens: number;
  readonly index: number;
  readonly part: InputPart | undefined;
  readonly isBeginning?: boolean;
}

function tooLong({ tokens, maxTokens, index, part, isBeginning }: TooLong, taker: string): EngineError {
  const subject = part === undefined ? `Input ${index}` : `${nameOf(part)} of input ${index}`;
  const field = part === undefined ? 'inputs' : `inputs.${part.field}`;
  const item = part?.item === undefined ? {} : { item: part.item };
  return new EngineError(
    'INPUT_TOO_LONG',
    `${subject} has ${tokens} tokens${isBeginning ? ' or more' : ''}; ${taker} at most ${maxTokens}. Shorten it.`,
    { details: { field, index, ...item, tokens, maxTokens } },
  );
}

function nameOf(part: InputPart): string {
  return part.item === undefined ? `The ${part.field}` : placeOf(part).slice(1);
}

/** The way from an input to a part of it: `.texts[2]`. */
function placeOf(part: InputPart | undefined): string {
  if (part === undefined) return '';
  return `.${part.field}${part.item === undefined ? '' : `[${part.item}]`}`;
}

const asItIs = (window: TokenResult): TokenResult => window;
