/** The parameters of a task of Hugging Face that an archive does. */
import { EngineError, locateFault } from '@pilotlight/model-format/errors';
import type * as z from 'zod/mini';

/** @throws EngineError INVALID_PARAMETER with `field` */
export function shapeParameters<T>(schema: z.ZodMiniType<T>, given: Readonly<Record<string, unknown>>): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw unknownParameter(issue.keys[0] ?? '');
  const { path, reason } = locateFault(issue);
  const field = ['parameters', ...path].join('.');
  throw new EngineError('INVALID_PARAMETER', `${field}: ${reason}.`, { details: { field } });
}

const LONGEST_NAME = 100;

function unknownParameter(name: string): EngineError {
  const field = `parameters.${name.slice(0, LONGEST_NAME)}`;
  return new EngineError('INVALID_PARAMETER', `${field}: is not known; a model of an archive has few.`, {
    details: { field },
  });
}
