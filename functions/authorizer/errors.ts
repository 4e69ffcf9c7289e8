import { PilotlightError } from '@pilotlight/model-format/errors';

/** The function cannot start. */
export class AuthorizerError extends PilotlightError<'INVALID_CONFIGURATION'> {
  override readonly name = 'AuthorizerError';
}
