/** Little-endian values of the types of torch as float32. */
import { bfloat16ToFloat32, float16ToFloat32 } from '../graph/half.ts';
import { float32View } from '../graph/tensor.ts';
import type { Dtype } from './values.ts';

const FLOATS: ReadonlySet<Dtype> = new Set(['float64', 'float32', 'float16', 'bfloat16']);

export function isFloatingPoint(dtype: Dtype): boolean {
  return FLOATS.has(dtype);
}

/** Whole numbers above 2^24 are rounded to the nearest float32. */
export function decodeNumbers(bytes: Buffer, dtype: Dtype): Float32Array {
  switch (dtype) {
    case 'float32':
      return float32View(bytes);
    case 'float16':
      return float16ToFloat32(bytes);
    case 'bfloat16':
      return bfloat16ToFloat32(bytes);
    case 'float64':
      return map(bytes, 8, (at) => bytes.readDoubleLE(at));
    case 'int64':
      return map(bytes, 8, (at) => Number(bytes.readBigInt64LE(at)));
    case 'int32':
      return map(bytes, 4, (at) => bytes.readInt32LE(at));
    case 'int16':
      return map(bytes, 2, (at) => bytes.readInt16LE(at));
    case 'int8':
      return map(bytes, 1, (at) => bytes.readInt8(at));
    case 'uint8':
      return map(bytes, 1, (at) => bytes.readUInt8(at));
    case 'bool':
      return map(bytes, 1, (at) => (bytes.readUInt8(at) === 0 ? 0 : 1));
  }
}

function map(bytes: Buffer, size: number, read: (at: number) => number): Float32Array {
  const values = new Float32Array(bytes.length / size);
  for (let index = 0; index < values.length; index++) values[index] = read(size * index);
  return values;
}
