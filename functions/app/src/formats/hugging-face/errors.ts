import type { ErrorFormat } from '../../http/errors.ts';
import { inWords } from '../error-words.ts';

/** Hugging Face's clients read `{error, code}` and the details, as every error of the service is. */
export const formatError: ErrorFormat = (reply) =>
  inWords(reply, { howToCut: 'Or set "truncate": true to have it cut.' });
