/** What one instance of a batch has of an output of a graph, without the padding that others made. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Outputs, Tensor } from '../../../ports.ts';

/** @throws EngineError PACKAGE_INVALID where the graph does not give it */
export function outputOf(outputs: Outputs, name: string): Tensor {
  const output = outputs[name];
  if (output) return output;
  throw new EngineError('PACKAGE_INVALID', `The graph gives no ${name}. Package the model again.`);
}

/** The first `length` values of a row of `[batch, columns]`. */
export function rowOf(outputs: Outputs, name: string, row: number, length: number): Float32Array {
  const { dims, data } = outputOf(outputs, name);
  const start = row * (dims[1] ?? 0);
  return data.subarray(start, start + length);
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

/** The place of the first of the greatest values. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] ?? 0) > (values[best] ?? 0)) best = index;
  }
  return best;
}
