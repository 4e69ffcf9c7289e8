/** Every way in which the constructs and the app refuse what a team asks for. The meaning of a code never changes. */
export const INFRA_ERROR_CODES = [
  'INVALID_PROPS',
  'INVALID_COLD_START',
  'UNSUPPORTED_PLACEMENT',
  'CONFIGURATION_NOT_FOUND',
  'INVALID_CONFIGURATION',
  'ACCOUNT_MISMATCH',
  'PACKAGE_NOT_FETCHED',
  'LOOKUP_FAILED',
] as const;
export type InfraErrorCode = (typeof INFRA_ERROR_CODES)[number];

/** The mark of the engine's `PilotlightError`, whose module would load ONNX Runtime into `cdk synth`. */
const MARK = Symbol.for('pilotlight.error');

/**
 * An error that stops a synth. `code` is stable; `message` is one line that says what is wrong and what to do, so that it
 * needs no stack to be understood. `PilotlightError.is` recognises it.
 */
export class InfraError extends Error {
  override readonly name = 'InfraError';
  readonly [MARK] = true;
  readonly code: InfraErrorCode;
  readonly details = {};

  constructor(code: InfraErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
