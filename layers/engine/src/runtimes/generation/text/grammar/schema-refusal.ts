import { EngineError } from '@pilotlight/model-format/errors';

/** Refuses a schema at a place in it. */
export function refuseSchema(path: string, reason: string): EngineError {
  const place = path === '' ? 'The JSON schema' : `The JSON schema at ${path}`;
  return new EngineError('INVALID_PARAMETER', `${place} cannot be followed: ${reason}.`, {
    details: { field: 'grammar' },
  });
}
