import { PilotlightError } from '@pilotlight/model-format/errors';

/** Every way in which the life of a model refuses or fails; each code has one meaning, for good. */
export const LIFECYCLE_ERROR_CODES = [
  'USAGE',
  'DATASET_INVALID',
  'NOT_EVALUABLE',
  'NOT_COMPARABLE',
  'GATE_FAILED',
  'MEASUREMENT_FAILED',
  'REGISTRY_INVALID',
  'REGISTRY_CONFLICT',
  'REGISTRY_UNREACHABLE',
  'VERSION_EXISTS',
  'VERSION_MISSING',
  'FILE_CHANGED',
  'FOLDER_UNWRITABLE',
  'PACKAGE_CORRUPT',
  'SIGNATURE_INVALID',
] as const;

export type LifecycleErrorCode = (typeof LIFECYCLE_ERROR_CODES)[number];

/** An error of the life of a model: the message says which package or object is at fault, and what to do. */
export class LifecycleError extends PilotlightError<LifecycleErrorCode> {
  override readonly name = 'LifecycleError';
}
