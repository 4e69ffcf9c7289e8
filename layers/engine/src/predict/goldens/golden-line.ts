import { parseJson, parseUntilFault } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';

/** Reads one line of goldens.jsonl. @throws EngineError PACKAGE_CORRUPT with the number of the line */
export function parseGoldenLine<Value>(schema: z.ZodMiniType<Value>, line: string, number: number): Value {
  let json: unknown;
  try {
    json = parseJson(line);
  } catch (cause) {
    throw uselessGoldens(`line ${number} is ${line === '' ? 'empty' : 'not JSON'}`, cause);
  }
  const parsed = parseUntilFault(schema, json);
  if (parsed.success) return parsed.data;
  throw uselessGoldens(`line ${number} is not valid`);
}

export function uselessGoldens(reason: string, cause?: unknown): EngineError {
  return new EngineError('PACKAGE_CORRUPT', `The goldens of the model cannot be used: ${reason}.`, { cause });
}
