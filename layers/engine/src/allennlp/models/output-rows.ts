/** Takes the rows of single instances out of the outputs of a batch. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Outputs, Tensor } from '../../ports.ts';

/** An output of a graph. @throws EngineError PACKAGE_INVALID where the graph has none of that name */
export function outputOf(outputs: Outputs, name: string): Tensor {
  const output = outputs[name];
  if (output) return output;
  throw new EngineError('PACKAGE_INVALID', `The graph of the package gave no output '${name}'.`);
}

/** What an output `[batch, ...]` has for one row of the batch; a view, not a copy. */
export function rowOf({ dims, data }: Tensor, row: number): Float32Array {
  const size = dims.slice(1).reduce((product, dim) => product * dim, 1);
  return data.subarray(row * size, (row + 1) * size);
}

/** The first `rows` rows of `[..., columns]` as lists; `width` of each. */
export function toLists(data: Float32Array, columns: number, rows: number, width = columns): number[][] {
  return Array.from({ length: rows }, (_, row) => [...data.subarray(row * columns, row * columns + width)]);
}
