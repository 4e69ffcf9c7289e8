import { PilotlightError } from '@pilotlight/model-format/errors';

/** Names of Lambda's own exceptions: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
export type LambdaErrorCode =
  | 'AccessDeniedException'
  | 'InvalidParameterValueException'
  | 'InvalidRequestContentException'
  | 'RequestTooLargeException'
  | 'ResourceNotFoundException'
  | 'TooManyRequestsException';

/** An error of Lambda itself, which refuses a request before any function runs. */
export class LambdaServiceError extends PilotlightError<LambdaErrorCode> {
  override readonly name = 'LambdaServiceError';
}
