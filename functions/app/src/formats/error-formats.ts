/** Errors as the clients of each wire format read them; every one of them carries our stable code, too. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ErrorCode } from '../answer/error-codes.ts';
import type { ErrorReply } from '../answer/errors.ts';
import type { RouteTag } from '../routes.ts';

export interface FormattedReply {
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

type Format = (reply: ErrorReply) => FormattedReply;

const FORMATS: Partial<Record<RouteTag, Format>> = { OpenAI: openAi, TEI: textEmbeddingsInference };

/** The errors of a route of that tag; `{error, code}` and details where its format says nothing else. */
export function inFormat(tag: RouteTag | undefined): Format {
  return (tag && FORMATS[tag]) ?? ((reply) => reply);
}

/** https://platform.openai.com/docs/guides/error-codes; it has no 422. */
function openAi({ status, headers, body }: ErrorReply): FormattedReply {
  const { error: message, code, field } = body;
  const named = code === 'MODEL_NOT_FOUND' ? 'model' : null;
  const param = typeof field === 'string' ? field : named;
  return {
    status: status === 422 ? 400 : status,
    headers,
    body: { error: { message, type: openAiType(status), param, code } },
  };
}

function openAiType(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** The names of text-embeddings-inference; what it has no name for is a validation error, or one of its backend. */
const ERROR_TYPES: Partial<Record<ErrorCode, string>> = {
  EMPTY_INPUT: 'Empty',
  INPUT_TOO_LONG: 'Tokenizer',
  OVERLOADED: 'Overloaded',
  NOT_READY: 'Unhealthy',
};

function textEmbeddingsInference({ status, headers, body }: ErrorReply): FormattedReply {
  const { error, code, ...details } = body;
  const error_type = ERROR_TYPES[code] ?? (status < 500 ? 'Validation' : 'Backend');
  return {
    status: code === 'SESSION_FAILED' ? 424 : status,
    headers,
    body: { error, error_type, code, ...details },
  };
}
