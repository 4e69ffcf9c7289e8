/** What a graph gives for a batch, taken apart by its instances. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Outputs, Tensor } from '../../ports.ts';

/** @throws EngineError PACKAGE_INVALID where the graph has no such output */
export function outputOf(outputs: Outputs, name: string): Tensor {
  const output = outputs[name];
  if (output) return output;
  throw new EngineError('PACKAGE_INVALID', `The graph gives no ${name}. Package the model again.`);
}

/** The values of one row of an output, `[batch, ...]`, with the padding of the batch. */
export function outputRows(outputs: Outputs, name: string): (row: number) => Float32Array {
  const { dims, data } = outputOf(outputs, name);
  const size = data.length / Math.max(dims[0] ?? 1, 1);
  return (row) => data.subarray(row * size, (row + 1) * size);
}

/** The first `length` values of a row of `[batch, columns]`. */
export function rowOf(outputs: Outputs, name: string, row: number, length: number): Float32Array {
  return outputRows(outputs, name)(row).subarray(0, length);
}

/** The first `height` rows of a matrix of `[batch, rows, columns]`, each cut to `width`. */
export function matrixOf(
  outputs: Outputs,
  name: string,
  index: number,
  [height, width]: readonly [number, number],
): Float32Array[] {
  const { dims, data } = outputOf(outputs, name);
  const [, rows = 0, columns = 0] = dims;
  return Array.from({ length: height }, (_, row) => {
    const start = (index * rows + row) * columns;
    return data.subarray(start, start + width);
  });
}
