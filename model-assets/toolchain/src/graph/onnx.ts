/**
 * ONNX models in memory: reading and writing the protobuf, and typed access to the parts that the toolchain
 * works with. What it does not know (functions, metadata, training info) survives a round trip untouched.
 */
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { ToolchainError } from '../errors.ts';

/** A 64-bit integer as protobufjs gives it; `Number(value)` is exact up to 2^53. */
export type Int64 = number | { toNumber(): number };

/**
 * Messages are mutable: replace their arrays or write into them as it suits. Change a model or a graph in
 * place rather than spreading it, so that fields unknown to the interface stay with it.
 */
export interface OnnxModel {
  irVersion: number;
  opsetImport: OnnxOperatorSet[];
  producerName: string;
  producerVersion: string;
  graph: OnnxGraph;
}

export interface OnnxOperatorSet {
  /** '' is the standard operator set. */
  domain: string;
  version: number;
}

export interface OnnxGraph {
  name: string;
  /** The nodes, in topological order. */
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValueInfo[];
  output: OnnxValueInfo[];
  valueInfo: OnnxValueInfo[];
}

export interface OnnxNode {
  opType: string;
  domain: string;
  name: string;
  /** Names of values; '' is an optional input that is left out. */
  input: string[];
  output: string[];
  attribute: OnnxAttribute[];
}

/** Values of `OnnxAttribute.type`: which of its fields holds the value. */
export const ATTRIBUTE = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  graphs: 10,
} as const;

export interface OnnxAttribute {
  name: string;
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: OnnxTensor;
  g?: OnnxGraph;
  floats?: number[];
  ints?: Int64[];
  strings?: Uint8Array[];
  graphs?: OnnxGraph[];
}

/** A tensor. Its values are read with the functions of tensor.ts, whichever field holds them. */
export interface OnnxTensor {
  name: string;
  dims: number[];
  /** One of ELEMENT in tensor.ts. */
  dataType: number;
  /** Little-endian, row-major. */
  rawData?: Uint8Array | undefined;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: Int64[];
  doubleData?: number[];
  externalData?: { key: string; value: string }[];
  /** 1: the values are in the file that `externalData` names. */
  dataLocation?: number;
  /** Reads the values of an initialiser, as `rawData` would have them, from the file where they stay; not part of the message. */
  read?: (() => Uint8Array) | undefined;
}

export interface OnnxValueInfo {
  name: string;
  type?: { tensorType?: { elemType: number; shape?: { dim?: OnnxDimension[] } } };
}

export interface OnnxDimension {
  dimValue?: Int64;
  dimParam?: string;
}

const schema = protobuf.parse(readFileSync(new URL('./onnx.proto', import.meta.url), 'utf8')).root;
const Model = schema.lookupType('onnx.Model');

/**
 * Reads a serialised model. `rawData` of its tensors are views of `bytes`, not copies.
 * Throws GRAPH_INVALID when the bytes are no ONNX model.
 */
export function parseModel(bytes: Uint8Array): OnnxModel {
  let model: OnnxModel;
  try {
    const reader = protobuf.Reader.create(bytes);
    reader.discardUnknown = false;
    // protobufjs has given every field the type that onnx.proto declares, which is the type in the interface.
    model = Model.decode(reader) as unknown as OnnxModel;
    complete(model, { irVersion: 0, opsetImport: [], producerName: '', producerVersion: '' });
    model.irVersion = Number(model.irVersion);
    for (const set of model.opsetImport) {
      complete(set, { domain: '' });
      set.version = Number(set.version);
    }
    if (Object.hasOwn(model, 'graph')) completeGraph(model.graph);
  } catch (cause) {
    if (cause instanceof ToolchainError) throw cause;
    throw new ToolchainError('GRAPH_INVALID', 'The file is not a readable ONNX model.', { cause });
  }
  if (!Object.hasOwn(model, 'graph') || model.opsetImport.length === 0) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      'The file is not an ONNX model: it has no graph or no operator set.',
    );
  }
  return model;
}

/** A little below the 2 GiB that a protobuf message can have. */
export const PROTOBUF_LIMIT = 2 ** 31 - 2 ** 20;

/**
 * Serialises a model, with the values that were left in files. Throws GRAPH_INVALID near 2 GiB, the limit of protobuf: weights
 * are then kept external.
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  for (const tensor of model.graph.initializer) {
    if (tensor.read !== undefined) Object.assign(tensor, { rawData: tensor.read(), read: undefined });
  }
  const inline = model.graph.initializer.reduce((sum, { rawData }) => sum + (rawData?.byteLength ?? 0), 0);
  if (inline > PROTOBUF_LIMIT) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      'An ONNX file holds less than 2 GiB; write its weights as external data.',
    );
  }
  return Model.encode(model as unknown as Record<string, unknown>).finish();
}

function completeGraph(graph: OnnxGraph): void {
  complete(graph, { name: '', node: [], initializer: [], input: [], output: [], valueInfo: [] });
  for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) complete(value, { name: '' });
  graph.initializer.forEach(completeTensor);
  for (const node of graph.node) {
    complete(node, { opType: '', domain: '', name: '', input: [], output: [], attribute: [] });
    for (const attribute of node.attribute) {
      complete(attribute, { name: '', type: 0 });
      if (attribute.t) completeTensor(attribute.t);
      if (attribute.g) completeGraph(attribute.g);
      attribute.graphs?.forEach(completeGraph);
    }
  }
}

function completeTensor(tensor: OnnxTensor): void {
  complete(tensor, { name: '', dims: [], dataType: 0 });
  tensor.dims = tensor.dims.map(Number);
  if (
    !Number.isSafeInteger(tensor.dims.reduce((product, size) => (size < 0 ? Number.NaN : product * size), 1))
  ) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      `Tensor '${tensor.name}' of the graph has the shape [${tensor.dims}], which none can have.`,
    );
  }
  if (!Object.hasOwn(tensor, 'rawData')) Object.assign(tensor, { rawData: undefined });
  else if (tensor.rawData) tensor.rawData = plainView(tensor.rawData);
}

/** A Buffer as a Uint8Array, whose `slice` copies, as every typed array's does. */
function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Makes the fields that were absent on the wire own properties, and kept unknown fields enumerable. */
function complete<Message extends object>(message: Message, defaults: Partial<Message>): void {
  for (const [key, value] of Object.entries(defaults)) {
    if (!Object.hasOwn(message, key)) Object.assign(message, { [key]: value });
  }
  if ('$unknowns' in message) Object.defineProperty(message, '$unknowns', { enumerable: true });
}

/** The version of the standard operator set; 0 where the model names none. */
export function readOpset({ opsetImport }: Pick<OnnxModel, 'opsetImport'>): number {
  return opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
}
