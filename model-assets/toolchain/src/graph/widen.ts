/** Half precision to fp32: every value of fp16 and bf16 has the same value in fp32, so nothing is lost. */
import { int, intAttribute } from './node.ts';
import type { OnnxGraph, OnnxTensor, OnnxValueInfo } from './onnx.ts';
import { ELEMENT, elementCount, floats, viewBytes } from './tensor.ts';
import { graphsIn, nodesIn, tensorsIn } from './walk.ts';

const HALVES = new Map<number, 'fp16' | 'bf16'>([
  [ELEMENT.float16, 'fp16'],
  [ELEMENT.bfloat16, 'bf16'],
]);

/** Attributes that name the type of what a node gives. */
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set(['to', 'dtype', 'output_dtype']);

/**
 * Turns all half-precision values of a graph into fp32 ones, in place: weights, casts, and the types that inputs and outputs
 * declare. Gives the type of most of the weights, undefined where they are no halves.
 */
export function widen(graph: OnnxGraph): 'fp16' | 'bf16' | undefined {
  const elements = new Map<number, number>();
  for (const tensor of tensorsIn(graph)) {
    const { dataType, dims } = tensor;
    elements.set(dataType, (elements.get(dataType) ?? 0) + elementCount(dims));
    if (HALVES.has(dataType)) widenTensor(tensor);
  }
  const attributes = [...nodesIn(graph)].flatMap(({ attribute }) => attribute);
  for (const attribute of attributes) {
    const namesType = TYPE_ATTRIBUTES.has(attribute.name) && HALVES.has(Number(attribute.i));
    if (namesType) Object.assign(attribute, int(ELEMENT.float32));
  }
  dropIdleCasts(graph);
  for (const { input, output, valueInfo } of graphsIn(graph)) {
    [...input, ...output, ...valueInfo].forEach(widenValue);
  }
  const floating = [...elements].filter(([type]) => HALVES.has(type) || type === ELEMENT.float32);
  const [most] = floating.sort(([, left], [, right]) => right - left);
  return most && HALVES.get(most[0]);
}

/** A cast of weights to the type that they have now would hide them from whoever looks for weights. */
function dropIdleCasts(graph: OnnxGraph): void {
  const types = new Map(graph.initializer.map(({ name, dataType }) => [name, dataType]));
  for (const node of nodesIn(graph)) {
    const [input = ''] = node.input;
    if (node.opType !== 'Cast' || intAttribute(node, 'to') !== types.get(input)) continue;
    Object.assign(node, { opType: 'Identity', attribute: [] });
  }
}

function widenTensor(tensor: OnnxTensor): void {
  tensor.rawData = viewBytes(floats(tensor));
  tensor.dataType = ELEMENT.float32;
  tensor.int32Data = [];
}

function widenValue({ type }: OnnxValueInfo): void {
  const tensorType = type?.tensorType;
  if (tensorType && HALVES.has(tensorType.elemType)) tensorType.elemType = ELEMENT.float32;
}
