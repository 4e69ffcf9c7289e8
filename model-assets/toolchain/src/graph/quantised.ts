/** Recognises graphs whose weights somebody has quantised already. */
import { intAttribute } from './node.ts';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx.ts';
import { ELEMENT, elementCount } from './tensor.ts';
import { nodesIn, tensorsIn } from './walk.ts';

/** Operators that compute with integers of 8 bits, or turn them into floating-point numbers. */
const OPERATORS: ReadonlySet<string> = new Set([
  ...['DynamicQuantizeLinear', 'QuantizeLinear', 'DequantizeLinear', 'MatMulInteger', 'ConvInteger'],
  ...['QLinearMatMul', 'QLinearConv', 'QGemm', 'QAttention', 'QEmbedLayerNormalization'],
  ...['DynamicQuantizeMatMul', 'MatMulIntegerToFloat', 'MatMulNBits', 'GatherBlockQuantized'],
]);

/** Operators whose weights have 4 bits by their name. */
const OPERATORS_OF_4_BITS: ReadonlySet<string> = new Set(['MatMulBnb4', 'MatMulFpQ4']);

const TYPES_OF_4_BITS: ReadonlySet<number> = new Set([ELEMENT.uint4, ELEMENT.int4]);
const TYPES_OF_8_BITS: ReadonlySet<number> = new Set([ELEMENT.uint8, ELEMENT.int8]);

/** Smaller matrices of bytes are no weights; those of four axes are masks, which old exporters write as bytes. */
const MINIMUM_ELEMENTS = 1024;

/** The width of quantised weights: the narrowest that the graph has. Undefined for a graph of floating-point weights. */
export function findQuantisation(graph: OnnxGraph): 'int8' | 'int4' | undefined {
  const nodes = [...nodesIn(graph)];
  const tensors = [...tensorsIn(graph)];
  if (nodes.some(hasFourBits) || tensors.some(({ dataType }) => TYPES_OF_4_BITS.has(dataType))) return 'int4';
  return nodes.some(({ opType }) => OPERATORS.has(opType)) || tensors.some(isMatrixOfBytes)
    ? 'int8'
    : undefined;
}

function hasFourBits(node: OnnxNode): boolean {
  const { opType } = node;
  if (OPERATORS_OF_4_BITS.has(opType)) return true;
  return (
    (opType === 'MatMulNBits' || opType === 'GatherBlockQuantized') && (intAttribute(node, 'bits') ?? 4) < 8
  );
}

function isMatrixOfBytes({ dataType, dims }: OnnxTensor): boolean {
  return TYPES_OF_8_BITS.has(dataType) && dims.length === 2 && elementCount(dims) >= MINIMUM_ELEMENTS;
}
