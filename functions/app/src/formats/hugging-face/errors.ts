import { type ErrorFormat, plainError } from '../../http/errors.ts';

/** Hugging Face's clients read `{error, code}` and the details, as every error of the service is. */
export const formatError: ErrorFormat = plainError;
