/** Rows of tensors, and memory that threads share: a session of another thread reads it where it is, and does not take it away. */
import type { Tensor, TensorData } from '../../../ports.ts';
import { copyRun } from '../copy-run.ts';

type Allocate = (like: TensorData, length: number) => TensorData;

/** The rows of axis 0 at these places, in their order: `[rows, ...]` to `[places, ...]`. */
export function gatherRows(
  { dims, data }: Tensor<TensorData>,
  places: readonly number[],
  allocate: Allocate = ownedLike,
): Tensor<TensorData> {
  const size = dims.slice(1).reduce((product, dim) => product * dim, 1);
  const gathered = allocate(data, places.length * size);
  for (const [index, place] of places.entries()) copyRun(data, place * size, size, gathered, index * size);
  return { dims: [places.length, ...dims.slice(1)], data: gathered };
}

/** A tensor in memory that threads share. */
export function share(tensor: Tensor<TensorData>): Tensor<TensorData> {
  const data = sharedLike(tensor.data, tensor.data.length);
  copyRun(tensor.data, 0, data.length, data, 0);
  return { dims: tensor.dims, data };
}

/** Zeros in memory that threads share, of the type of `data`. */
export function sharedLike(data: TensorData, length: number): TensorData {
  return typed(data, new SharedArrayBuffer(length * data.BYTES_PER_ELEMENT));
}

function ownedLike(data: TensorData, length: number): TensorData {
  return typed(data, new ArrayBuffer(length * data.BYTES_PER_ELEMENT));
}

function typed(data: TensorData, memory: ArrayBufferLike): TensorData {
  if (data instanceof Float32Array) return new Float32Array(memory);
  if (data instanceof BigInt64Array) return new BigInt64Array(memory);
  return new Uint8Array(memory);
}
