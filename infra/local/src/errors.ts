import { PilotlightError } from '@pilotlight/model-format/errors';

export type EmulatorErrorCode = 'PORT_UNAVAILABLE' | 'NOT_STARTED' | 'NO_SUCH_QUEUE' | 'USAGE';

/** An error of a service of this machine: S3 or SQS. Lambda's errors have the names of its own exceptions. */
export class EmulatorError extends PilotlightError<EmulatorErrorCode> {
  override readonly name = 'EmulatorError';
}
