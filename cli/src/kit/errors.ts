import { PilotlightError } from '@pilotlight/model-format/errors';

export type CliErrorCode =
  | 'USAGE'
  | 'PORT_UNAVAILABLE'
  | 'NO_MODELS'
  | 'MODEL_REFUSED'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'OUTPUT_TAKEN'
  | 'INPUT_REFUSED'
  | 'REDRIVE_FAILED'
  | 'SERVER_UNREACHABLE'
  | 'NO_CDK_APP'
  | 'NO_CLONE';

/** An error of the command line: what was asked for cannot be done, and the message says why. */
export class CliError extends PilotlightError<CliErrorCode> {
  override readonly name = 'CliError';
}

/** The command line itself is wrong: the exit code is 2, and the line that is printed leads to the help. */
export const usageError = (message: string): CliError => new CliError('USAGE', message);
