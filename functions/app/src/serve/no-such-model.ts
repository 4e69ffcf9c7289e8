import { EngineError } from '@pilotlight/engine';

/** `models` are the names of those that there are. */
export function noSuchModel(
  models: readonly string[],
  details: { readonly field?: string } = {},
): EngineError {
  return new EngineError(
    'MODEL_NOT_FOUND',
    `There is no such model; there are: ${models.join(', ') || 'none'}.`,
    { details: { models, ...details } },
  );
}
