/** Reading and making the tensors of an ONNX model. All values are little-endian and row-major. */
import { ToolchainError } from '../errors.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from './half.ts';
import type { OnnxTensor } from './onnx.ts';

/** Values of `OnnxTensor.dataType`. */
export const ELEMENT = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
} as const;

const BYTES: Readonly<Record<number, number>> = {
  [ELEMENT.float32]: 4,
  [ELEMENT.uint8]: 1,
  [ELEMENT.int8]: 1,
  [ELEMENT.uint16]: 2,
  [ELEMENT.int16]: 2,
  [ELEMENT.int32]: 4,
  [ELEMENT.int64]: 8,
  [ELEMENT.bool]: 1,
  [ELEMENT.float16]: 2,
  [ELEMENT.float64]: 8,
  [ELEMENT.uint32]: 4,
  [ELEMENT.uint64]: 8,
  [ELEMENT.bfloat16]: 2,
  [ELEMENT.uint4]: 0.5,
  [ELEMENT.int4]: 0.5,
};

/** Number of elements of a tensor with these dimensions; a scalar `[]` has 1. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Bytes of all elements. Throws GRAPH_INVALID for a type that weights do not have (strings, complex, 8-bit floats). */
export function byteCount({ dims, dataType }: Pick<OnnxTensor, 'dims' | 'dataType'>): number {
  const bytes = BYTES[dataType];
  if (bytes === undefined) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      `The graph has a tensor of element type ${dataType}, which is not supported.`,
    );
  }
  return Math.ceil(elementCount(dims) * bytes);
}

/**
 * The values of a tensor as bytes: a view where the message holds them as such, read anew where they stay in a file. Throws
 * GRAPH_INVALID when their number does not fit the dimensions, or when they are in another file: `loadModel` finds those.
 */
export function tensorBytes(tensor: OnnxTensor): Uint8Array {
  if (tensor.dataLocation === 1) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      `The values of '${tensor.name}' are in another file that was not loaded.`,
    );
  }
  const bytes = tensor.read?.() ?? tensor.rawData ?? listedData(tensor);
  const expected = byteCount(tensor);
  if (bytes.byteLength !== expected) {
    throw new ToolchainError(
      'GRAPH_INVALID',
      `'${tensor.name}' of shape [${tensor.dims}] takes ${expected} bytes, but has ${bytes.byteLength}.`,
    );
  }
  return bytes;
}

/** Values from the list fields, which exporters use for small tensors. */
function listedData({
  dataType,
  floatData = [],
  doubleData = [],
  int32Data = [],
  int64Data = [],
}: OnnxTensor): Uint8Array {
  switch (dataType) {
    case ELEMENT.float32:
      return viewBytes(Float32Array.from(floatData));
    case ELEMENT.float64:
      return viewBytes(Float64Array.from(doubleData));
    case ELEMENT.int64:
      return viewBytes(BigInt64Array.from(int64Data, (value) => BigInt(value.toString())));
    case ELEMENT.int32:
      return viewBytes(Int32Array.from(int32Data));
    case ELEMENT.int8:
      return viewBytes(Int8Array.from(int32Data));
    case ELEMENT.uint8:
    case ELEMENT.bool:
    case ELEMENT.uint4:
    case ELEMENT.int4:
      return Uint8Array.from(int32Data);
    case ELEMENT.int16:
    case ELEMENT.uint16:
    case ELEMENT.float16:
    case ELEMENT.bfloat16:
      return viewBytes(Uint16Array.from(int32Data));
    default:
      return new Uint8Array(0);
  }
}

/** The bytes behind a typed array, as a view. */
export function viewBytes(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Float32 values of bytes: a view where they are aligned to 4, else a copy. */
export function float32View(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

/**
 * Values of a floating-point tensor as float32: a view of float32 values where their place in memory allows it,
 * a converted copy of others. Throws GRAPH_INVALID for integers.
 */
export function floats(tensor: OnnxTensor): Float32Array {
  const bytes = tensorBytes(tensor);
  switch (tensor.dataType) {
    case ELEMENT.float32:
      return float32View(bytes);
    case ELEMENT.float16:
      return float16ToFloat32(bytes);
    case ELEMENT.bfloat16:
      return bfloat16ToFloat32(bytes);
    case ELEMENT.float64:
      return Float32Array.from(new Float64Array(Uint8Array.from(bytes).buffer));
    default:
      throw new ToolchainError(
        'GRAPH_INVALID',
        `'${tensor.name}' is expected to hold floating-point numbers.`,
      );
  }
}

/** Values of an int64 or int32 tensor as numbers. Throws GRAPH_INVALID for others. */
export function integers(tensor: OnnxTensor): number[] {
  const { buffer } = Uint8Array.from(tensorBytes(tensor));
  if (tensor.dataType === ELEMENT.int64) return Array.from(new BigInt64Array(buffer), Number);
  if (tensor.dataType === ELEMENT.int32) return Array.from(new Int32Array(buffer));
  throw new ToolchainError('GRAPH_INVALID', `'${tensor.name}' is expected to hold integers.`);
}

/** Makes a tensor out of the bytes of its values. */
export function rawTensor(
  name: string,
  dataType: number,
  dims: readonly number[],
  values: Uint8Array,
): OnnxTensor {
  return { name, dataType, dims: [...dims], rawData: values };
}

export function floatTensor(name: string, dims: readonly number[], values: Float32Array): OnnxTensor {
  return rawTensor(name, ELEMENT.float32, dims, viewBytes(values));
}

export function int64Tensor(name: string, dims: readonly number[], values: readonly number[]): OnnxTensor {
  return rawTensor(name, ELEMENT.int64, dims, viewBytes(BigInt64Array.from(values, BigInt)));
}

export function int8Tensor(name: string, dims: readonly number[], values: Int8Array): OnnxTensor {
  return rawTensor(name, ELEMENT.int8, dims, viewBytes(values));
}
