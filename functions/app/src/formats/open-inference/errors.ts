import type { ErrorFormat } from '../../http/errors.ts';
import { inWords } from '../error-words.ts';

/** The Open Inference Protocol reads `{error, code}` and the details, as every error of the service is. */
export const formatError: ErrorFormat = (reply) =>
  inWords(reply, { howToCut: 'Or set "truncate": true among the parameters to have it cut.' });
