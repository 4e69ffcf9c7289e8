import { EngineError } from '../errors.ts';
import type { OutputRole, TokenResult } from '../ports.ts';

/** The data of one output of a result, in row-major order. */
export function outputData(result: TokenResult | undefined, role: OutputRole): Float32Array {
  const output = result?.outputs[role];
  if (!output) throw new EngineError('SESSION_FAILED', `The model gave no output for ${role}.`);
  return output.data;
}
