/** What a task says of an input or a parameter that it can not take. */
import { EngineError } from '@pilotlight/model-format/errors';

/** `path` is of what is wrong in the input: '' for all of it, '.tokens[3]'. */
export function invalidInput(path: string, reason: string): EngineError {
  return refusal('INVALID_INPUT', `inputs${path}`, reason);
}

export function invalidParameter(name: string, reason: string): EngineError {
  return refusal('INVALID_PARAMETER', `parameters.${name}`, reason);
}

function refusal(code: 'INVALID_INPUT' | 'INVALID_PARAMETER', field: string, reason: string): EngineError {
  return new EngineError(code, `${field}: ${reason}.`, { details: { field } });
}
