/**
 * The interface of a part of an AllenNLP model: one definition for each registrable name, in one registry. A definition says which
 * parameters the part takes and what stands in them, so that `inspect` can name everything that is not supported before
 * anything is built; `build` makes nodes of it.
 */
import type { z } from 'zod';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { OnnxModel } from '../../graph/onnx.ts';

/** The kinds of registrables that have tensors or nodes. */
export type Role =
  | 'model'
  | 'text_field_embedder'
  | 'token_embedder'
  | 'embedding'
  | 'seq2seq_encoder'
  | 'seq2vec_encoder'
  | 'feedforward'
  | 'attention'
  | 'matrix_attention'
  | 'span_extractor'
  | 'backbone'
  | 'head'
  | 'language_model_head'
  | 'seq_decoder'
  | 'decoder_net';

export type Params = { readonly [name: string]: unknown };

/** A tensor of weights.th as float32, row-major. */
export interface ArchiveTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What of an archive a graph is built from. */
export interface ArchiveParts {
  tensorNames(): Iterable<string>;
  tensorDims(name: string): readonly number[] | undefined;
  /** @throws ToolchainError WEIGHTS_INVALID where there is none of that name */
  tensor(name: string): ArchiveTensor;
  /** Stands in for the values of every tensor that is asked for. @default - they are read */
  standIn?(name: string, dims: readonly number[]): Float32Array;
  /** Tokens of a namespace of the vocabulary, padding and out-of-vocabulary entries included. */
  vocabularySize(namespace: string): number;
  /** The id of a token in a namespace of the vocabulary; undefined where it has none of its own. */
  vocabularyIndex(namespace: string, token: string): number | undefined;
  /** config.json of a hub model that the archive names. @throws ToolchainError SOURCE_INVALID where `--base` does not give it */
  hubConfig(modelName: string): Params;
  /** What config.json says of the reader that prediction uses. */
  readonly reader?: Params;
  /** A file that config.json names and the archive does not hold, as text; undefined where `--base` does not give it. */
  baseFile?(path: string): string | undefined;
}

/** A place in the archive while its graph is built. */
export interface Scope {
  readonly graph: GraphBuilder;
  readonly archive: ArchiveParts;
  /** The path of its tensors in weights.th: `_text_field_embedder.token_embedder_tokens`; empty at the root. */
  readonly path: string;
  /** The place of a part: its path, a dot, and the name. */
  at(part: string): Scope;
  /** A name for a node of this place that no other node has. */
  name(part: string): string;
  /** The full name of a tensor of this place. */
  tensorName(name: string): string;
  has(name: string): boolean;
  dims(name: string): readonly number[] | undefined;
  /** Values of a tensor of this place. @throws ToolchainError WEIGHTS_INVALID where it is missing or of another shape */
  tensor(name: string, dims: readonly number[]): Float32Array;
  /** A tensor of this place as a constant of the graph, under the name of the tensor. */
  weight(name: string, dims: readonly number[]): string;
  /** A value that is made once in a graph, however many parts ask for it: an input, a mask. */
  once(name: string, make: () => string): string;
  /** An input of the graph, declared when it is first asked for: the path of a tensor of the instances. */
  input(name: string, type: InputType, axes: readonly (number | string)[]): string;
  /** The inputs that the graph has by now. */
  readonly inputs: readonly { readonly name: string; readonly type: InputType }[];
  /** The same place in another graph, which is empty: for models that have several. */
  inNewGraph(name: string): Scope;
  /** The same place in the body of a node of this graph, a Scan, which can read the values of this graph. */
  inBody(name: string): Scope;
  /** The definition of a registrable. @throws ToolchainError SOURCE_UNSUPPORTED where there is none */
  definition(role: Role, type: string): ModuleDefinition;
}

export type InputType = 'int64' | 'float32' | 'bool';

/** Where a parameter holds another registrable, or a list or record of them. */
export interface Nested {
  readonly role: Role;
  readonly many?: 'list' | 'record';
}

export interface ModuleDefinition<P = Params, Built = unknown> {
  readonly role: Role;
  /** The registrable name: `lstm`. */
  readonly type: string;
  /** Every parameter that is understood; what stands in `nested` is checked by its own definition. */
  readonly params: z.ZodType<P>;
  readonly nested?: Readonly<Record<string, Nested>>;
  build(scope: Scope, params: P): Built;
}

/** `[batch, tokens]` float32, 1 for tokens and 0 for padding, everywhere that AllenNLP has a mask. */
export type Mask = string;

export interface TextFieldEmbedder {
  readonly outputDim: number;
  /**
   * Embeds the text field of that name: `[batch, tokens, outputDim]`, and its mask. `wrapping` names the axes between the batch and
   * the tokens of a list of text fields.
   */
  embed(field: string, wrapping?: readonly string[]): { readonly vectors: string; readonly mask: Mask };
}

/** What a token embedder makes of the tensors of one indexer. */
export interface EmbeddedTokens {
  /** `[batch, ...wrapping, tokens, outputDim]`; absent where the tokens are not embedded: `empty`. */
  readonly vectors?: string;
  /** What the mask is made of, in the order in which AllenNLP looks for one: a mask of the indexer, ids, ids of characters. */
  readonly maskFrom: 'mask' | 'ids' | 'characters';
  mask(): Mask;
}

export interface TokenEmbedder {
  readonly outputDim: number;
  /** Embeds the tensors of an indexer, `tokens.token_characters`. `axes` names the batch, what wraps the tokens, and the tokens. */
  embed(indexer: string, axes: readonly string[]): EmbeddedTokens;
}

/** A table of vectors. */
export interface Embedding {
  readonly outputDim: number;
  readonly rows: number;
  /** int64 `[...]` to `[..., outputDim]` */
  lookUp(ids: string): string;
}

export interface Seq2SeqEncoder {
  readonly outputDim: number;
  readonly isBidirectional: boolean;
  /** `[batch, tokens, inputDim]` to `[batch, tokens, outputDim]` */
  encode(x: string, mask: Mask): string;
}

export interface Seq2VecEncoder {
  readonly outputDim: number;
  /**
   * `[batch, tokens, inputDim]` to `[batch, outputDim]`. `alone` is for encoders that read padding too: the mask of what a text has
   * without the others of a batch, its own padding included.
   */
  encode(x: string, mask: Mask, alone?: () => Mask): string;
}

export interface FeedForward {
  readonly outputDim: number;
  /** `[..., inputDim]` to `[..., outputDim]` */
  apply(x: string): string;
  /** The width of the first layer, whose tensors are at `_linear_layers.0`. */
  readonly firstDim: number;
  /** What follows the product of the first layer, `[..., firstDim]`, for one that makes it in another way: `[..., outputDim]` */
  continueFrom(product: string): string;
}

export interface Attention {
  /** The weights of the rows of `matrix` `[batch, rows, dim]` for `vector` `[batch, dim]`: `[batch, rows]`. `mask` is `[batch, rows]`. */
  attend(vector: string, matrix: string, mask: Mask): string;
}

export interface MatrixAttention {
  /** `[batch, a, dim]` and `[batch, b, dim]` to `[batch, a, b]`, without a softmax. */
  score(first: string, second: string): string;
}

export interface SpanExtractor {
  readonly outputDim: number;
  /** `spans` `[batch, spans, 2]` int64, both ends inclusive: `[batch, spans, outputDim]`. `spanMask` is `[batch, spans]`, 0 for padding. */
  extract(x: string, spans: string, mask: Mask, spanMask?: Mask): string;
}

export interface LanguageModelHead {
  readonly outputDim: number;
  /** `[..., inputDim]` to the scores of the vocabulary, `[..., outputDim]` */
  apply(x: string): string;
}

export interface Backbone {
  readonly outputDim: number;
  /** Encodes the text field of that name: `[batch, tokens, outputDim]`, and its mask. */
  encode(field: string): { readonly vectors: string; readonly mask: Mask };
}

export interface Head {
  /** The outputs of the head by name, of what the backbone gives. */
  outputs(vectors: string, mask: Mask): Readonly<Record<string, GraphOutput>>;
}

/** A float32 value that is an output of a graph. */
export interface GraphOutput {
  readonly value: string;
  /** Its axes: a number, or the name of one that varies. */
  readonly axes: readonly (number | string)[];
}

/** What is built for each role by `buildModule`. */
export interface BuiltModules {
  readonly model: ArchiveGraphs;
  readonly text_field_embedder: TextFieldEmbedder;
  readonly token_embedder: TokenEmbedder;
  readonly embedding: Embedding;
  readonly seq2seq_encoder: Seq2SeqEncoder;
  readonly seq2vec_encoder: Seq2VecEncoder;
  readonly feedforward: FeedForward;
  readonly attention: Attention;
  readonly matrix_attention: MatrixAttention;
  readonly span_extractor: SpanExtractor;
  readonly language_model_head: LanguageModelHead;
  readonly backbone: Backbone;
  readonly head: Head;
  /** Those of decoders are at `decoders/decoder.ts`, which knows the step graph. */
  readonly seq_decoder: unknown;
  readonly decoder_net: unknown;
}

/** One graph of a model, with the names by which the engine runs it. */
export interface ArchiveGraph {
  readonly model: OnnxModel;
  readonly inputs: readonly { readonly name: string; readonly type: 'int64' | 'float32' | 'bool' }[];
  readonly outputs: readonly { readonly name: string }[];
}

/** The graphs of a model by their names: `model`, or `encoder` and `step`. */
export type ArchiveGraphs = Readonly<Record<string, ArchiveGraph>>;
