/** Errors as the servers of Hugging Face tell them, TEI and TGI: each with names of its own for what went wrong. */
import type { ErrorCode } from '../http/error-codes.ts';
import type { ErrorReply, FormattedReply } from '../http/errors.ts';

export interface ErrorTypes {
  readonly named: Partial<Record<ErrorCode, string>>;
  /** Of what has no name of its own: the client's, and that of whatever runs the model. */
  readonly client: string;
  readonly server: string;
}

/** What a model cannot do has a status of its own. */
const OF_THE_MODEL: readonly ErrorCode[] = ['TASK_UNSUPPORTED', 'SESSION_FAILED'];

export function formatByType(
  { status, headers, body }: ErrorReply,
  { named, client, server }: ErrorTypes,
): FormattedReply {
  const { error, code, ...details } = body;
  const error_type = named[code] ?? (status < 500 ? client : server);
  return {
    status: OF_THE_MODEL.includes(code) ? 424 : status,
    headers,
    body: { error, error_type, code, ...details },
  };
}
