/** The answers of Lambda to requests that no server answers. */
import { PilotlightError } from '@pilotlight/model-format/errors';

/** `lambda-web-error-type` of an answer. AWS's guide has the word `Runtime.RequestTimeout`; the others are ours, because it names none. */
export type RefusalType =
  | 'Endpoint.Forbidden'
  | 'Endpoint.UnsupportedVersion'
  | 'Endpoint.UnsupportedMethod'
  | 'Endpoint.UnsupportedExpectation'
  | 'Endpoint.RateLimit'
  | 'Endpoint.Throttled'
  | 'Runtime.InitError'
  | 'Runtime.ExitError'
  | 'Runtime.RequestTimeout';

const STATUS: Readonly<Record<RefusalType, number>> = {
  'Endpoint.Forbidden': 403,
  'Endpoint.UnsupportedVersion': 505,
  'Endpoint.UnsupportedMethod': 400,
  'Endpoint.UnsupportedExpectation': 417,
  'Endpoint.RateLimit': 429,
  'Endpoint.Throttled': 429,
  'Runtime.InitError': 500,
  'Runtime.ExitError': 502,
  'Runtime.RequestTimeout': 504,
};

export class Refusal extends PilotlightError<RefusalType> {
  override readonly name = 'Refusal';

  get status(): number {
    return STATUS[this.code];
  }
}
