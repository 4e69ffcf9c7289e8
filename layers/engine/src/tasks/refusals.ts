/** The errors of a task about an input or a parameter that it cannot take. */
import { EngineError } from '@pilotlight/model-format/errors';

/** An input at fault. It keeps place and reason apart, so that it can be told of again as one of a list. */
export class InputError extends EngineError {
  readonly #path: string;
  readonly #reason: string;

  /** `path` leads from the input to the fault: '' for all of it, '.tokens[3]'. `index` is the input's place in a list. */
  constructor(path: string, reason: string, index?: number) {
    const field = `inputs${index === undefined ? '' : `[${index}]`}${path}`;
    const details = { field, ...(index !== undefined && { index }) };
    super('INVALID_INPUT', `${field}: ${reason}.`, { details });
    this.#path = path;
    this.#reason = reason;
  }

  /** The same fault of the input at `index` of a list. */
  inList(index: number): InputError {
    return new InputError(this.#path, this.#reason, index);
  }
}

export function invalidInput(path: string, reason: string): InputError {
  return new InputError(path, reason);
}

export function invalidParameter(name: string, reason: string): EngineError {
  const field = `parameters.${name}`;
  return new EngineError('INVALID_PARAMETER', `${field}: ${reason}.`, { details: { field } });
}
