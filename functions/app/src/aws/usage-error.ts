import { PilotlightError } from '@pilotlight/model-format/errors';

/** A count that was not added, or perhaps was. */
export class UsageError extends PilotlightError<'USAGE_NOT_COUNTED' | 'USAGE_UNCERTAIN'> {
  override readonly name = 'UsageError';
}
