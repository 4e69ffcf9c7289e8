import { PilotlightError } from '@pilotlight/model-format/errors';

export type JobErrorCode =
  /** The client sent this Idempotency-Key with another request before. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The queue did not take the message. */
  | 'JOB_NOT_QUEUED';

/** A job that did not come to be. */
export class JobRefused extends PilotlightError<JobErrorCode> {
  override readonly name = 'JobRefused';
}
