/** Fields of the JSON that a predictor reads. */
import { EngineError } from '@pilotlight/model-format/errors';

/** The text of that name. @throws EngineError INVALID_INPUT */
export function textOf(input: unknown, name: string, field: string): string {
  const value = fieldOf(input, name);
  if (typeof value === 'string') return value;
  throw refuseField(field, name, 'must be a text');
}

/** The value of that name; undefined where the input has none, or is no object. */
export function fieldOf(input: unknown, name: string): unknown {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, name)) return undefined;
  return (input as Readonly<Record<string, unknown>>)[name];
}

/** What is wrong with the input, or the text of it, that errors call `field`. `reason` follows that name: `must be a text`. */
export function invalidInput(field: string, reason: string): EngineError {
  return new EngineError('INVALID_INPUT', `${field}: ${reason}.`, { details: { field } });
}

/** What is wrong with a field of an input. */
export function refuseField(field: string, name: string, reason: string): EngineError {
  return invalidInput(`${field}.${name}`, reason);
}
