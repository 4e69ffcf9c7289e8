import { EngineError } from '@pilotlight/model-format/errors';
import type { Alignment, Encoding, OutputRole, TokenResult } from '../ports.ts';

/** Reads the data of one output of a result, in row-major order. */
export function outputData(result: TokenResult | undefined, role: OutputRole): Float32Array {
  const output = result?.outputs[role];
  if (!output) throw new EngineError('SESSION_FAILED', `The model gave no output for ${role}.`);
  return output.data;
}

/**
 * Reads the data of an output from which a result is made.
 *
 * @throws EngineError SESSION_FAILED where they are not all finite: in fp16 a value can be too large, and JSON would make null
 * of NaN
 */
export function finiteData(result: TokenResult | undefined, role: OutputRole): Float32Array {
  const data = outputData(result, role);
  refuseNotFinite(data, role);
  return data;
}

/** `name` is that of the output. @throws EngineError SESSION_FAILED */
export function refuseNotFinite(data: Float32Array, name: string): void {
  if (Number.isFinite(sumOf(data))) return;
  throw new EngineError('SESSION_FAILED', `The model gave ${name} for this input that are NaN or infinite.`);
}

/** The sum is finite where every value is, because the sum of any number of float32 fits into a float64. A loop is 20 times as fast as `every`. */
function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0;
  return sum;
}

/** Reads where the tokens of an encoding come from, for tasks that ask for it. */
export function requireAlignment(encoding: Encoding): Alignment {
  if (encoding.alignment) return encoding.alignment;
  throw new EngineError('SESSION_FAILED', 'The tokens were not aligned with the text.');
}
