import { EngineError } from '../errors.ts';
import type { Alignment, Encoding, OutputRole, TokenResult } from '../ports.ts';

/** The data of one output of a result, in row-major order. */
export function outputData(result: TokenResult | undefined, role: OutputRole): Float32Array {
  const output = result?.outputs[role];
  if (!output) throw new EngineError('SESSION_FAILED', `The model gave no output for ${role}.`);
  return output.data;
}

/** What the tokens of an encoding are of, for tasks that ask for it. */
export function alignmentOf(encoding: Encoding): Alignment {
  if (encoding.alignment) return encoding.alignment;
  throw new EngineError('SESSION_FAILED', 'The tokens were not aligned with the text.');
}
