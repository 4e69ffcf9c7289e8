/** Errors of what reads a text without knowing whose it is: tokenizers, indexers, vocabularies. */
import { EngineError } from '@pilotlight/model-format/errors';

/** Codes of errors that are the fault of an input. */
export const OF_INPUT: readonly string[] = ['INVALID_INPUT', 'INPUT_TOO_LONG'];

/** Does a part of the reading of a text. An error that is the fault of the input and does not say where gets the name of the text. */
export async function inField<Result>(field: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const isNameless =
      error instanceof EngineError && OF_INPUT.includes(error.code) && !('field' in error.details);
    if (!isNameless) throw error;
    throw new EngineError(error.code, `${field}: ${error.message}`, {
      details: { field, ...error.details },
      cause: error,
    });
  }
}
