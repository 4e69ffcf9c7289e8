/** Errors as the clients of OpenAI read them: https://platform.openai.com/docs/guides/error-codes */
import type { ErrorFormat } from '../../http/errors.ts';

/** OpenAI has no status 422. */
export const formatError: ErrorFormat = ({ status, headers, body }) => {
  const { error: message, code, field } = body;
  const named = code === 'MODEL_NOT_FOUND' ? 'model' : null;
  const param = typeof field === 'string' ? field : named;
  return {
    status: status === 422 ? 400 : status,
    headers,
    body: { error: { message, type: errorType(status), param, code } },
  };
};

function errorType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
