/** The parameters of a call as they came, before a schema reads them. */
import { EngineError } from '@pilotlight/model-format/errors';

/** Parameters of one call: many more than any task has. */
const MOST_PARAMETERS = 100;

/**
 * Leaves out what is null: clients in Java and C# send nulls for all that nobody set.
 *
 * @throws EngineError INVALID_PARAMETER where there are very many
 */
export function givenParameters(parameters: unknown): unknown {
  if (parameters === null) return {};
  if (typeof parameters !== 'object' || Array.isArray(parameters)) return parameters;
  const given = Object.entries(parameters);
  if (given.length > MOST_PARAMETERS)
    throw invalidParameters('parameters', `must have at most ${MOST_PARAMETERS} names, not ${given.length}.`);
  return Object.fromEntries(given.filter(([, value]) => value !== null));
}

/** `sentence` says what is wrong with `field`, up to its full stop. */
export function invalidParameters(field: string, sentence: string): EngineError {
  return new EngineError('INVALID_PARAMETER', `${field}: ${sentence}`, { details: { field } });
}
