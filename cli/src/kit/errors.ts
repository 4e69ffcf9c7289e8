import { tmpdir } from 'node:os';
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
  | 'UPLOAD_FAILED'
  | 'SERVER_UNREACHABLE'
  | 'NO_CDK_APP'
  | 'NO_CLONE'
  | 'NO_TEMPORARY_FOLDER';

/** An error of the command line: what was asked for cannot be done, and the message says why. */
export class CliError extends PilotlightError<CliErrorCode> {
  override readonly name = 'CliError';
}

/** The command line itself is wrong: the exit code is 2, and the line that is printed leads to the help. */
export const usageError = (message: string, options?: ErrorOptions): CliError =>
  new CliError('USAGE', message, options);

/** Whether a folder could not be made below the temporary one, whichever package wanted it. */
export function isNoTemporaryFolder(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall === 'mkdtemp';
}

export function temporaryFolderError(cause: NodeJS.ErrnoException): CliError {
  const message = `No folder can be made in ${tmpdir()}, the temporary folder (${cause.code}). Set TMPDIR to one that exists and can be written.`;
  return new CliError('NO_TEMPORARY_FOLDER', message, { cause });
}
