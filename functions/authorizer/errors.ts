import { PilotlightError } from '@pilotlight/model-format/errors';

/**
 * Why no request can be judged now. API Gateway answers 500 and, other than a refusal, does not cache it. Carries
 * nothing of the secret.
 */
export class AuthorizerError extends PilotlightError<
  'INVALID_CONFIGURATION' | 'API_KEYS_UNAVAILABLE' | 'API_KEYS_INVALID'
> {
  override readonly name = 'AuthorizerError';
}
