/** The parameters of Hugging Face tasks. */
import { locateFault } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';
import { invalidParameter } from '../../tasks/refusals.ts';

/** Reads parameters by the schema of the task. @throws EngineError INVALID_PARAMETER that names the parameter */
export function parseParameters<T>(schema: z.ZodMiniType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  throw invalidParameter(path.map(String).join('.'), reason);
}
