import { type ErrorFormat, plainError } from '../../http/errors.ts';

/** SageMaker reads `{error, code}` and the details, as every error of the service is. */
export const formatError: ErrorFormat = plainError;
