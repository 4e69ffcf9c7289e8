import { PilotlightError } from '@pilotlight/model-format/errors';

/** Why callers cannot be told apart. Carries nothing of the keys. */
export class CallersError extends PilotlightError<'API_KEYS_UNAVAILABLE' | 'API_KEYS_INVALID'> {
  override readonly name = 'CallersError';
}
