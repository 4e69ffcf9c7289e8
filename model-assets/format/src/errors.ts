export { closest, didYouMean } from './wording/closest.ts';
export { explainIssue, locateFault } from './wording/issue-reason.ts';

/** Every way in which the engine refuses or fails; each code has one meaning, for good. */
export const ENGINE_ERROR_CODES = [
  'INVALID_INPUT',
  'INVALID_PARAMETER',
  'INPUT_TOO_LONG',
  'TOO_MANY_TOKENS',
  'TOO_MUCH_WORK',
  'ANSWER_TOO_LARGE',
  'TASK_UNSUPPORTED',
  'MODEL_NOT_FOUND',
  'PACKAGE_INVALID',
  'PACKAGE_CORRUPT',
  'PACKAGE_UNAVAILABLE',
  'SESSION_FAILED',
  'PREDICTOR_DISPOSED',
  'OVERLOADED',
] as const;

export type EngineErrorCode = (typeof ENGINE_ERROR_CODES)[number];

/** Facts of an error that a client may see: numbers, field names, model names. Never a path or a stack. */
export type ErrorDetails = Readonly<
  Record<string, string | number | boolean | readonly string[] | readonly number[]>
>;

const MARK = Symbol.for('pilotlight.error');

/**
 * The base of every error that Pilotlight throws on purpose. `code` is stable; `message` says what happened
 * and what to do, and is fit for a client. What only operators may see goes into `cause`.
 */
export class PilotlightError<Code extends string = string> extends Error {
  readonly [MARK] = true;
  readonly code: Code;
  readonly details: ErrorDetails;

  constructor(code: Code, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PilotlightError';
    this.code = code;
    this.details = options.details ?? {};
  }

  /** Recognised by a symbol, so that a second copy of this package does not break the check. */
  static is(error: unknown): error is PilotlightError {
    return typeof error === 'object' && error !== null && MARK in error;
  }
}

/** An error of the engine itself. */
export class EngineError extends PilotlightError<EngineErrorCode> {
  override readonly name = 'EngineError';
}
