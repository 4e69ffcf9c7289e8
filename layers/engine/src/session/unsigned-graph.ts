/** Makes the weights of a graph's 8-bit products unsigned, in the graph alone: their bytes lie in files beside it. See ADR-precision.md. */
import { basename } from 'node:path';
import { bytes, head, number, text } from './graph-bytes.ts';
import { type Field, readFields } from './graph-fields.ts';

/** Inputs of the products that packages have: the weights, and the zero point of the weights, which is 0 where it is not given. */
const PRODUCTS: Readonly<Record<string, { readonly weights: number; readonly zeroPoint: number }>> = {
  MatMulInteger: { weights: 1, zeroPoint: 3 },
  MatMulIntegerToFloat: { weights: 1, zeroPoint: 5 },
  DynamicQuantizeMatMul: { weights: 1, zeroPoint: 3 },
};

/** Numbers of fields in onnx.proto3. */
const MODEL = { graph: 7 };
const GRAPH = { node: 1, initializer: 5 };
const NODE = { input: 1, operator: 4, attribute: 5 };
/** An attribute that is a graph, or several. */
const ATTRIBUTE_GRAPHS = [6, 11];
const TENSOR = { type: 2, name: 8, raw: 9, external: 13 };
/** Values in the graph: a list of int32, in a byte each where they are small, or the bytes. */
const INLINE = [5, TENSOR.raw];
const ENTRY = { key: 1, value: 2 };
const UINT8 = 2;
const INT8 = 3;

const ZERO_POINT = 'pilotlight_unsigned_zero';
const ZERO_POINT_TENSOR = [
  ...number(TENSOR.type, UINT8),
  ...text(TENSOR.name, ZERO_POINT),
  ...bytes(TENSOR.raw, [128]),
];

/** The place of a tensor's values in a file beside the graph. */
export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

export interface UnsignedGraph {
  readonly model: Buffer;
  /** The names of all files beside the graph. */
  readonly files: readonly string[];
  /** Values of which each is 128 more than in the files. */
  readonly raised: readonly Place[];
}

/** Operators that read 8-bit integers and do not multiply them. */
const READERS = ['Gather', 'DequantizeLinear'];

/**
 * Makes signed weights for which `isWide` holds unsigned, with a zero point of 128. Gives nothing where there are none, and where it does
 * not know the graph: one with graphs inside, with other products, with weights in the graph itself, that have a zero point other than 0,
 * or that something else reads too.
 *
 * @throws RangeError where the bytes are no graph
 */
export function unsignedGraph(model: Buffer, isWide: (weights: Place) => boolean): UnsignedGraph | undefined {
  const [top, fields] = readGraph(model);
  const nodes = new Map<Field, Node>();
  const tensors = new Map<Field, Tensor>();
  for (const field of fields) {
    if (field.number === GRAPH.node) nodes.set(field, readNode(field.content));
    if (field.number === GRAPH.initializer) tensors.set(field, readTensor(field.content));
  }
  const places = [...tensors.values()].flatMap(({ place }) => place ?? []);
  const files = [...new Set(places.map(({ file }) => file))];
  if (files.some((file) => file !== basename(file))) return undefined;
  const weights = findWeights([...nodes.values()], [...tensors.values()]);
  if (!weights) return undefined;
  const raised = new Map([...weights].filter(([, place]) => isWide(place)));
  if (raised.size === 0) return undefined;

  const changed = fields.map((field) => {
    const node = nodes.get(field);
    if (node && raised.has(node.inputs[PRODUCTS[node.operator]?.weights ?? -1] ?? ''))
      return withZeroPoint(field.content, node);
    const tensor = tensors.get(field);
    return tensor && raised.has(tensor.name) ? unsignedTensor(field.content) : field.whole;
  });
  const graph = Buffer.concat([...changed, message(GRAPH.initializer, Buffer.from(ZERO_POINT_TENSOR))]);
  return {
    model: Buffer.concat(
      top.map((field) => (field.number === MODEL.graph ? message(MODEL.graph, graph) : field.whole)),
    ),
    files,
    raised: [...raised.values()],
  };
}

/** The fields of the model, and those of its graph. */
function readGraph(model: Buffer): [Field[], Field[]] {
  const top = readFields(model);
  const graph = top.find((field) => field.number === MODEL.graph);
  return [top, graph ? readFields(graph.content) : []];
}

interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly hasGraphs: boolean;
}

function readNode(content: Buffer): Node {
  const fields = readFields(content);
  const attributes = fields.filter((field) => field.number === NODE.attribute);
  return {
    operator: textOf(fields, NODE.operator),
    inputs: fields.filter((field) => field.number === NODE.input).map((field) => field.content.toString()),
    hasGraphs: attributes.some((attribute) =>
      readFields(attribute.content).some((field) => ATTRIBUTE_GRAPHS.includes(field.number)),
    ),
  };
}

interface Tensor {
  readonly name: string;
  readonly type: number;
  /** Absent for values that lie in the graph. */
  readonly place: Place | undefined;
  /** Whether it is one 0, written into the graph. */
  readonly isZero: boolean;
}

function readTensor(content: Buffer): Tensor {
  const fields = readFields(content);
  const external = new Map(
    fields
      .filter((field) => field.number === TENSOR.external)
      .map((field) => readFields(field.content))
      .map((entry) => [textOf(entry, ENTRY.key), textOf(entry, ENTRY.value)]),
  );
  const file = external.get('location');
  const inline = fields.filter((field) => INLINE.includes(field.number));
  return {
    name: textOf(fields, TENSOR.name),
    type: fields.find((field) => field.number === TENSOR.type)?.value ?? 0,
    place:
      file === undefined
        ? undefined
        : { file, offset: Number(external.get('offset') ?? 0), length: Number(external.get('length')) },
    isZero: inline.length === 1 && inline[0]?.content.length === 1 && inline[0].content[0] === 0,
  };
}

const textOf = (fields: readonly Field[], number: number): string =>
  fields.find((field) => field.number === number)?.content.toString() ?? '';

/** The signed weights of all products by their names; undefined where some of them would go on to saturate, or another node reads them. */
function findWeights(nodes: readonly Node[], tensors: readonly Tensor[]): Map<string, Place> | undefined {
  if (nodes.some(({ hasGraphs }) => hasGraphs)) return undefined;
  const signed = new Map(tensors.filter(({ type }) => type === INT8).map((tensor) => [tensor.name, tensor]));
  const weights = new Map<string, Place>();
  const read = new Set<string>();
  for (const { operator, inputs } of nodes) {
    const product = PRODUCTS[operator];
    const zeroPoint = signed.get(inputs[product?.zeroPoint ?? -1] ?? '');
    for (const [index, name] of inputs.entries()) {
      const tensor = signed.get(name);
      if (!tensor) continue;
      const hasNoOther = zeroPoint ? zeroPoint.isZero : (inputs[product?.zeroPoint ?? -1] ?? '') === '';
      if (index === product?.weights && tensor.place && hasNoOther) weights.set(name, tensor.place);
      else if (index === product?.zeroPoint && tensor.isZero) continue;
      else if (READERS.includes(operator)) read.add(name);
      else return undefined;
    }
  }
  return [...weights.keys()].some((name) => read.has(name)) ? undefined : weights;
}

/** The node with the zero point among its inputs, whose order is that of their fields. */
function withZeroPoint(content: Buffer, { operator, inputs }: Node): Buffer {
  const zeroPoint = PRODUCTS[operator]?.zeroPoint ?? 0;
  const all = Array.from({ length: Math.max(inputs.length, zeroPoint + 1) }, (_, index) =>
    index === zeroPoint ? ZERO_POINT : (inputs[index] ?? ''),
  );
  const others = readFields(content).filter((field) => field.number !== NODE.input);
  return message(
    GRAPH.node,
    Buffer.concat([
      Buffer.from(all.flatMap((name) => text(NODE.input, name))),
      ...others.map(({ whole }) => whole),
    ]),
  );
}

function unsignedTensor(content: Buffer): Buffer {
  const others = readFields(content).filter((field) => field.number !== TENSOR.type);
  return message(
    GRAPH.initializer,
    Buffer.concat([Buffer.from(number(TENSOR.type, UINT8)), ...others.map(({ whole }) => whole)]),
  );
}

/** A field that is a message; of a large one, the bytes are not copied into numbers. */
function message(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(head(field, content.length)), content]);
}
