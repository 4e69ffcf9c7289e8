import type { ErrorFormat } from '../../http/errors.ts';
import { plainError } from '../../http/errors.ts';

/** `{error, code}` and the details, as every error of the service is. */
export const formatError: ErrorFormat = plainError;
