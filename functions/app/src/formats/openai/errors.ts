/** Errors as the clients of OpenAI read them: https://platform.openai.com/docs/guides/error-codes */
import type { ErrorFormat } from '../../http/errors.ts';
import { inWords } from '../error-words.ts';

/** OpenAI has no status 422. */
export const formatError: ErrorFormat = (reply) => {
  const { status, headers, body } = inWords(reply, { field: nameField, counts: 'index' });
  const { error: message, code, field } = body;
  const named = code === 'MODEL_NOT_FOUND' ? 'model' : null;
  const param = typeof field === 'string' ? field.replace(/\[.*/s, '') : named;
  return {
    status: status === 422 ? 400 : status,
    headers,
    body: { error: { message, type: errorType(status), param, code } },
  };
};

/** `inputs[2].tokens[0]` is `input[2][0]`, and what the engine takes for a parameter stands at the top. */
function nameField(field: string): string {
  return field
    .replace(/^inputs\b/, 'input')
    .replace('.tokens', '')
    .replace(/^parameters\./, '');
}

function errorType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
