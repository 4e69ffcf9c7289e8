/** The parameters of a task of Hugging Face that an archive does. */
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';

/** @throws EngineError INVALID_PARAMETER with `field` */
export function shapeParameters<T>(schema: z.ZodMiniType<T>, given: Readonly<Record<string, unknown>>): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  const field = ['parameters', ...path].join('.');
  throw new EngineError('INVALID_PARAMETER', `${field}: ${reason}.`, { details: { field } });
}
