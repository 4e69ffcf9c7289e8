/** What a graph gives for a batch, taken apart by its instances. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { Outputs } from '../ports.ts';

/** The values of one row of an output, `[batch, ...]`. @throws EngineError PACKAGE_INVALID where the graph has no such output */
export function outputRows(outputs: Outputs, name: string): (row: number) => Float32Array {
  const tensor = outputs[name];
  if (!tensor) {
    throw new EngineError('PACKAGE_INVALID', `The graph gives no ${name}. Package the model again.`);
  }
  const size = tensor.data.length / Math.max(tensor.dims[0] ?? 1, 1);
  return (row) => tensor.data.subarray(row * size, (row + 1) * size);
}
