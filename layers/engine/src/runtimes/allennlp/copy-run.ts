/** Copies a run of values between tensors of one type. */
import { EngineError } from '@pilotlight/model-format/errors';
import type { TensorData } from '../../ports.ts';

/** Copies `length` values of `from`, from `start` on, to `at` of `to`. @throws EngineError PACKAGE_INVALID where their types differ */
export function copyRun(from: TensorData, start: number, length: number, to: TensorData, at: number): void {
  // Ids and masks are copied one by one: a view for each run would be as much to collect as all else of a batch, whose runs are short.
  if (from instanceof BigInt64Array && to instanceof BigInt64Array) {
    for (let index = 0; index < length; index++) to[at + index] = from[start + index] ?? 0n;
  } else if (from instanceof Float32Array && to instanceof Float32Array) {
    to.set(from.subarray(start, start + length), at);
  } else if (from instanceof Uint8Array && to instanceof Uint8Array) {
    for (let index = 0; index < length; index++) to[at + index] = from[start + index] ?? 0;
  } else {
    throw new EngineError('PACKAGE_INVALID', 'The instances of a batch have tensors of different types.');
  }
}
