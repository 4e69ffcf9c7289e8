/** Errors as the clients of text-generation-inference (TGI) read them. */
import type { ErrorCode } from '../../http/error-codes.ts';
import type { ErrorFormat } from '../../http/errors.ts';

/** The names of TGI; whatever it has no name for is a validation error, or one of the generation. */
const ERROR_TYPES: Partial<Record<ErrorCode, string>> = {
  OVERLOADED: 'overloaded',
  NOT_READY: 'healthcheck',
};

/** TGI's status for what its model cannot do. */
const OF_THE_MODEL: readonly ErrorCode[] = ['TASK_UNSUPPORTED', 'SESSION_FAILED'];

export const formatError: ErrorFormat = ({ status, headers, body }) => {
  const { error, code, ...details } = body;
  const error_type = ERROR_TYPES[code] ?? (status < 500 ? 'validation' : 'generation');
  return {
    status: OF_THE_MODEL.includes(code) ? 424 : status,
    headers,
    body: { error, error_type, code, ...details },
  };
};
