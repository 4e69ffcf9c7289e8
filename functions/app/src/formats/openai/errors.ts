/** Errors as the clients of OpenAI read them: https://platform.openai.com/docs/guides/error-codes */
import type { ErrorFormat } from '../../http/errors.ts';
import { inWords, type Words } from '../error-words.ts';

/** Routes whose body is not a list of inputs. */
const WORDS: readonly (readonly [route: RegExp, words: Words])[] = [
  [
    /Completions$/,
    { field: (field) => nameParameter(field.replace(/^inputs\b/, 'prompt')), counts: 'index' },
  ],
  [/Chat$/, { field: (field) => nameParameter(field.replace(/^inputs\.?/, '') || 'messages') }],
];
const OF_EMBEDDINGS: Words = { field: nameField, counts: 'index' };

/** OpenAI has no status 422. */
export const formatError: ErrorFormat = (reply, route = '') => {
  const words = WORDS.find(([pattern]) => pattern.test(route))?.[1] ?? OF_EMBEDDINGS;
  const { status, headers, body } = inWords(reply, words);
  const { error: message, code, field } = body;
  const named = code === 'MODEL_NOT_FOUND' ? 'model' : null;
  const param = typeof field === 'string' ? field.replace(/\[.*/s, '') : named;
  return {
    status: status === 422 ? 400 : status,
    headers,
    body: { error: { message, type: errorType(status), param, code } },
  };
};

/** OpenAI's names of parameters that the engine knows by those of `generate`. */
const NAMES: Readonly<Record<string, string>> = {
  max_new_tokens: 'max_tokens',
  num_return_sequences: 'n',
  stop_strings: 'stop',
  grammar: 'response_format',
  top_n_tokens: 'logprobs',
};

function nameParameter(field: string): string {
  const [name = '', ...path] = field.replace(/^parameters\./, '').split('.');
  return [NAMES[name] ?? name, ...path].join('.');
}

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
