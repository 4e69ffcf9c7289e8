/**
 * The interfaces between the parts of the engine. Tasks, tokenizers, sessions and stores know these
 * interfaces and not one another; `engine.ts` alone wires them together.
 */

import type {
  ExecutionProvider,
  Graph,
  ModelRef,
  OnnxManifest,
  PackageManifest,
  ResolvedRef,
  SidecarFile,
  TaskName,
  TextProcessing,
  Variant,
} from '@pilotlight/model-format';
import type { Reading } from '@pilotlight/model-format/drift';
import type * as z from 'zod/mini';
import type { Pooling } from './math/pooling.ts';

export type { ExecutionProvider, ModelRef, ResolvedRef, TaskName };

/** A text, or a pair of texts that the model reads as one sequence. */
export interface TokenRequest {
  readonly text: string;
  readonly pair?: string | undefined;
  /** The part of an input that it is for, by which errors name it. @default - the whole input */
  readonly part?: InputPart | undefined;
  /** Ids of tokens in place of the text, which is then empty. Special tokens are added around them where they are missing. */
  readonly ids?: readonly number[];
  /** Whether the model reads the ids as they are, without special tokens that were not sent. @default false */
  readonly idsAreWhole?: boolean;
  /** The way in which a request that is too long is divided. @default - it is refused or cut instead */
  readonly windows?: Windows | undefined;
}

/** A field of an input, or with `item` a place in the list that the field holds. */
export interface InputPart {
  readonly field: string;
  readonly item?: number;
}

/** Several encodings of one request, each within the model's limit, which overlap. */
export interface Windows {
  /** The text that is divided; the other one stands in every window. */
  readonly of: 'text' | 'pair';
  /** Tokens that a window has in common with the one before it: at most half of what it has of the divided text. */
  readonly stride: number;
  /** Longest window, special tokens included. @default - what the model takes */
  readonly maxTokens?: number;
  readonly other?: {
    /** The name by which errors call the text that stands in every window: `question`. */
    readonly field: string;
    /** The number of tokens that it is cut to. @default - it is not cut */
    readonly maxTokens?: number | undefined;
  };
}

/** The end of a text that is cut off. */
export type TruncationDirection = 'right' | 'left';

/** A span of a string in UTF-16 code units, as JavaScript's `slice` counts, end exclusive. */
export type Span = readonly [start: number, end: number];

/** One tokenised request, special tokens included. */
export interface Encoding {
  /** `[tokens]` */
  readonly ids: readonly number[];
  /** `[tokens]`, 0 for the first text and 1 for its pair. */
  readonly typeIds: readonly number[];
  /** Tokens of the whole request before truncation, special tokens included. */
  readonly untruncatedLength: number;
  /** Whether it is of the beginning of a text alone, which has too many tokens already. @default false */
  readonly isBeginning?: boolean;
  /** Tokens of the request that are in none of its windows. @default - what this encoding lacks of the whole length */
  readonly truncatedTokens?: number;
  /** The index of a window's first token among those of the text that is divided. @default 0 */
  readonly windowStart?: number;
  /** The length of the text that stands in every window, and the length that it was cut to, because it left the other text too little room. */
  readonly crowded?: { readonly tokens: number; readonly maxTokens: number } | undefined;
  /** Present where the caller asked for it. */
  readonly alignment?: Alignment | undefined;
}

/** The places of the text that the tokens come from. To find them costs as much as to tokenise. */
export interface Alignment {
  /** `[tokens]`, span of each token in its own text; `[0, 0]` for special tokens. */
  readonly spans: readonly Span[];
  /** `[tokens]`, index of the word that each token belongs to, or null for special tokens. */
  readonly wordIds: readonly (number | null)[];
  /** `[tokens]`, the tokens as the vocabulary spells them. */
  readonly tokens: readonly string[];
  /** `[tokens]`, 1 where the tokenizer added the token ([CLS], [SEP]), else 0. */
  readonly specialTokensMask: readonly number[];
  /** `[tokens]`, 0 for the text, 1 for its pair, null for special tokens. */
  readonly sequenceIds: readonly (number | null)[];
}

export interface EncodeOptions {
  /** Longest encoding to give, special tokens included; longer requests are cut to it. */
  readonly maxTokens: number;
  /** @default 'right' */
  readonly truncationDirection?: TruncationDirection;
  /** Whether encodings have their alignment. @default false */
  readonly alignment?: boolean;
}

/** The tokens of a model by their ids. */
export interface Vocabulary {
  /** Finds the id of a token; undefined where the vocabulary does not have it. */
  tokenToId(token: string): number | undefined;
  /** Finds the token of an id, as the vocabulary spells it; undefined where it does not have the id. */
  idToToken(id: number): string | undefined;
  /** Puts the text of the ids together, as the tokenizer does it. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): Promise<string>;
}

export interface Tokenizer extends Vocabulary {
  /**
   * The windows of each request, in order: one, unless the request has `windows` and is too long for it. The model's own
   * truncation and padding settings are never applied.
   */
  encode(requests: readonly TokenRequest[], options: EncodeOptions): Promise<Encoding[][]>;
  /** The id of the token that stands for what the vocabulary does not have. @default - it has everything */
  readonly unknownId?: number | undefined;
  dispose(): void;
}

/** The values of a tensor: int64, float32, or bool with 1 for true. */
export type TensorData = BigInt64Array | Float32Array | Uint8Array;

/** A dense tensor in row-major order. */
export interface Tensor<Data extends TensorData = Float32Array> {
  readonly dims: readonly number[];
  readonly data: Data;
}

export type Feeds = Readonly<Record<string, Tensor<TensorData>>>;
export type Outputs = Readonly<Record<string, Tensor>>;

/** How each row of a batch is pooled: `tokens` of its hidden states to one vector. */
export interface PooledRows {
  /** The output that has the hidden states, `[batch, tokens, hidden]`. */
  readonly output: string;
  readonly rows: readonly { readonly pooling: Pooling; readonly tokens: number }[];
}

/** One loaded graph. `run` may be called while another run is under way; runs happen in order of their calls. */
export interface Session {
  /**
   * Gives the outputs that are asked for. Each of them is copied out of the runtime, so that those that nobody reads cost time.
   * Throws SESSION_FAILED. @default - all outputs that the manifest names
   */
  run(feeds: Feeds, outputs?: readonly string[]): Promise<Outputs>;
  /**
   * `run`, of which it gives one vector a row, `[batch, hidden]`, under the name of the output: it pools where it ran, so that
   * the hidden states of all tokens go nowhere. Throws SESSION_FAILED. @default - the session gives outputs whole
   */
  runPooled?(feeds: Feeds, pooled: PooledRows): Promise<Outputs>;
  /** True once the session cannot run any more: it was disposed of, or its thread died. */
  readonly ended: boolean;
  /** Packs the weights now, if that is still to come; settles when it is done, and never rejects. @default - there is nothing to do */
  pack?(): Promise<void>;
  /** Whether it runs in a thread of its own, so that the caller's is free meanwhile. @default false */
  readonly runsElsewhere?: boolean;
  dispose(): Promise<void>;
}

/** The outcome of running a tiny graph on an execution provider. */
export type ProviderTrial =
  | { readonly provider: ExecutionProvider; readonly works: true; readonly ms: number }
  | {
      readonly provider: ExecutionProvider;
      readonly works: false;
      readonly ms: number;
      /** The reason in the words of ONNX Runtime or of the system, for operators. */
      readonly reason: string;
    };

export interface SessionOptions {
  /** Threads that one operator may use. */
  readonly intraOpThreads: number;
  /** Whether threads spin while they wait for the next operator, some of its time, before they sleep. */
  readonly allowSpinning: boolean;
  /** An operator that it does not have runs on the CPU. @default 'cpu' */
  readonly executionProvider?: ExecutionProvider;
  /**
   * Whether the graph has products of integers whose sums saturate on some processors. They are then computed in another way,
   * which is exact. See session/ADR-precision.md. @default false
   */
  readonly sumsMaySaturate?: boolean;
  /**
   * How far its threads give way to others of the process, as `nice` counts. It works for a session in a thread of its own,
   * on Linux. @default 0
   */
  readonly niceness?: number;
  /**
   * Whether the weights of the graph are laid out for the processor before the session is there, which takes most of the time of
   * opening one, and as much memory as the weights. Without it, runs of few tokens take longer. @default true
   */
  readonly packs?: boolean;
  /** See the facts of a scheme. @default false */
  readonly foldWeights?: boolean | undefined;
  /**
   * Path, to the beginning of its file name, of what ONNX Runtime writes of each operator of each run, as Chrome trace events; the file is
   * whole once the session is disposed of. It slows every run. @default - nothing is written
   */
  readonly profilePrefix?: string | undefined;
}

/** A package whose manifest has been read. */
export interface ModelPackage {
  readonly manifest: PackageManifest;
  /** Absolute path of a file named in the manifest. */
  path(file: string): string;
  /** Looks that every file that serving `variant` reads is there in its full size; throws PACKAGE_CORRUPT. */
  checkSizes(variant: ServedFiles): Promise<void>;
  /**
   * Compares the sha256 of every file that serving `variant` reads, unless the store knows that they have been compared
   * already; throws PACKAGE_CORRUPT.
   */
  verify(variant: ServedFiles): Promise<void>;
}

/** A package that is being loaded. */
export interface OpenedPackage<Manifest extends PackageManifest> {
  readonly opened: ModelPackage;
  readonly manifest: Manifest;
  /** `performance.now()` before the package was opened. */
  readonly start: number;
}

/** A variant, or the manifest of a model of transformers.js, which has but one. */
export interface ServedFiles {
  readonly files: Variant['files'];
  readonly graphs?: Readonly<Record<string, { readonly file: string } | undefined>>;
}

export interface PackageStore {
  /** Whether a name may mean another version later, so that nobody may remember which one it meant. @default false */
  readonly changes?: boolean;
  /** Every package found, by name and then version; a broken one is listed with the reason. */
  list(): Promise<readonly PackageEntry[]>;
  /** Settles the version; throws MODEL_NOT_FOUND with the names that there are. */
  resolve(ref: ModelRef): Promise<ResolvedRef>;
  /** Throws PACKAGE_INVALID; where packages come over a network, PACKAGE_UNAVAILABLE and PACKAGE_CORRUPT too. */
  open(ref: ResolvedRef): Promise<ModelPackage>;
  /**
   * Reads a file that lies beside the manifest and that it does not name, such as `signature.json`; gives nothing where there is none.
   * Throws as `open` does. @default - the store has no more than the files of `open`
   */
  sidecar?(ref: ResolvedRef, file: SidecarFile): Promise<string | undefined>;
}

export interface PackageEntry {
  readonly name: string;
  readonly version: string;
  /** Present where the package can be opened. */
  readonly manifest?: PackageManifest;
  /** Present where it cannot: why. */
  readonly problem?: string;
}

/** Opens a tokenizer. It hands work to other threads before it gives way. */
export type CreateTokenizer = (
  files: Pick<ModelPackage, 'path'>,
  textProcessing: TextProcessing,
) => Promise<Tokenizer>;

/** The names of what goes into a graph and comes out of it. */
export interface GraphNames {
  readonly inputs: readonly { readonly name: string }[];
  readonly outputs: readonly { readonly name: string }[];
}

export type CreateSession = (file: string, graph: GraphNames, options: SessionOptions) => Promise<Session>;

export type OutputRole = Graph['outputs'][number]['role'];

/** The outputs of one window: every tensor without its batch axis, and without padding. */
export interface TokenResult {
  readonly encoding: Encoding;
  readonly outputs: Readonly<Partial<Record<OutputRole, Tensor>>>;
  /** Whether the session has pooled it already, as the call wants: nothing is left to condense. @default false */
  readonly pooled?: boolean;
}

/** The part of a manifest that says which tasks a model can do. */
export type TaskModel = Pick<OnnxManifest, 'task' | 'labels' | 'taskDefaults'>;

/** The things that a task may know of the model that it works for. */
export type TaskContext = Pick<OnnxManifest, 'labels' | 'taskDefaults' | 'textProcessing'> & {
  readonly vocabulary: Vocabulary & {
    /** Tokenises each text by itself, without special tokens. */
    textsToIds(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
  };
  readonly giveWay: GiveWay;
};

/**
 * Lets other requests go once this thread has been kept for some milliseconds. Long work calls it between its pieces.
 *
 * @throws the reason of an aborted signal: nobody waits for the work any more
 */
export type GiveWay = () => Promise<void>;

/** What is counted of an answer. */
export type AnswerReading = Pick<Reading, 'labels' | 'confidence' | 'entropy'>;

/**
 * Turns inputs into token requests and their outputs into results. Pure: no I/O, no state, no vendor.
 * `Input` is one input; lists are the predictor's business.
 */
export interface Task<Input = unknown, Parameters = unknown, Result = unknown> {
  readonly name: TaskName;
  readonly input: z.ZodMiniType<Input>;
  readonly parameters: z.ZodMiniType<Parameters> & { readonly shape: Readonly<Record<string, unknown>> };
  /** The outputs that the task reads; a list among them is of outputs of which it needs one. */
  readonly outputs: readonly (OutputRole | readonly OutputRole[])[];
  /** Whether results say where in a text something is. */
  readonly alignment: boolean;
  /** Whether the answer has the kept outputs themselves, so that its size is known once they are. @default false */
  readonly answersOutputs?: boolean;
  /** Whether a model can do the task; one can always do the task of its manifest. */
  serves(model: TaskModel): boolean;
  /** Throws INVALID_PARAMETER for what the tokenizer alone can tell, so that nothing runs for it. @default - there is nothing */
  checkParameters?(parameters: Parameters, context: Pick<TaskContext, 'vocabulary'>): Promise<void>;
  /** Gives one after the other, so that a call with too many ends early. Throws INVALID_INPUT and INVALID_PARAMETER, as `result` does. */
  requests(input: Input, parameters: Parameters, context: TaskContext): Iterable<TokenRequest>;
  /**
   * The pooling of a window's hidden states to one vector, `embeddings`, where a call wants no more than that. A session in
   * another thread does it there, and `condense` is not called. @default - the task wants something else
   */
  pooling?(parameters: Parameters, context: TaskContext): Pooling | undefined;
  /**
   * Keeps the part of a window that `result` needs. It is called as soon as the batch has run, so that the rest of the outputs
   * can be freed. Its data must not be views of those of the window. @default - everything is kept
   */
  condense?(window: TokenResult, parameters: Parameters, context: TaskContext): TokenResult;
  /** `results` has the windows of each request, in order. */
  result(
    input: Input,
    results: readonly (readonly TokenResult[])[],
    parameters: Parameters,
    context: TaskContext,
  ): Result | Promise<Result>;
  /** What is counted of an answer, whatever parameters say of its form; see predict/readings. @default - nothing is */
  reading?(
    result: Result,
    results: readonly (readonly TokenResult[])[],
    context: Pick<TaskContext, 'labels' | 'taskDefaults'>,
  ): AnswerReading;
}

/** Milliseconds of each phase of a load; verification runs beside the phases that follow it. */
export interface LoadTimings {
  readonly openMs: number;
  readonly verifyMs: number;
  readonly tokenizerMs: number;
  readonly sessionMs: number;
  readonly totalMs: number;
}
