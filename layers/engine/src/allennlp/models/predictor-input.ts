/** The JSON that AllenNLP's predictors read, where it is more than texts. */
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';

/** Reads an input by its schema. @throws EngineError INVALID_INPUT that names `field` and the place in it */
export function parseInput<T>(schema: z.ZodMiniType<T>, input: unknown, field: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  throw invalidInput([field, ...path.map(String)].join('.'), reason);
}

/** `reason` follows the name of the field, without a full stop. */
export function invalidInput(field: string, reason: string): EngineError {
  return new EngineError('INVALID_INPUT', `${field}: ${reason}.`, { details: { field } });
}
