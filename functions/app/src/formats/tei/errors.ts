/** Errors as the clients of text-embeddings-inference read them. */
import type { ErrorCode } from '../../http/error-codes.ts';
import type { ErrorFormat } from '../../http/errors.ts';

/** The names of text-embeddings-inference; whatever it has no name for is a validation error, or one of its backend. */
const ERROR_TYPES: Partial<Record<ErrorCode, string>> = {
  EMPTY_INPUT: 'Empty',
  INPUT_TOO_LONG: 'Tokenizer',
  OVERLOADED: 'Overloaded',
  NOT_READY: 'Unhealthy',
};

export const formatError: ErrorFormat = ({ status, headers, body }) => {
  const { error, code, ...details } = body;
  const error_type = ERROR_TYPES[code] ?? (status < 500 ? 'Validation' : 'Backend');
  return {
    status: code === 'SESSION_FAILED' ? 424 : status,
    headers,
    body: { error, error_type, code, ...details },
  };
};
