import { PilotlightError } from '@pilotlight/engine';

export type BenchErrorCode =
  | 'NO_SAMPLES'
  | 'UNPAIRED'
  | 'SUBJECT_FAILED'
  | 'ANSWERS_DIFFER'
  | 'BAD_CHECKPOINT'
  | 'NO_GPU'
  | 'NOT_INSTALLED';

/** The benchmark cannot go on; the message says why and what to do. */
export class BenchError extends PilotlightError<BenchErrorCode> {
  override readonly name = 'BenchError';
}
