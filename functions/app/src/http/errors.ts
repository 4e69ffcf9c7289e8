/** Turns anything that was thrown into the answer to the client. */
import { type ErrorDetails, PilotlightError } from '@pilotlight/engine';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type ErrorCode, type HttpErrorCode, STATUS_OF } from './error-codes.ts';

/** Messages for clients of errors whose reason only the operator should see. `model` is `name@version`. */
const SERVER_MESSAGES: Partial<Record<ErrorCode, (model: string) => string>> = {
  PACKAGE_INVALID: (model) => `${model} cannot be served: its package is refused. The log says why.`,
  PACKAGE_CORRUPT: (model) => `${model} cannot be served: its package is damaged. The log says where.`,
  PACKAGE_UNAVAILABLE: (model) =>
    `${model} cannot be served now: its package could not be fetched. The log says why.`,
  SESSION_FAILED: (model) => `${model} could not be run on this input. Other models are not affected.`,
  JOB_NOT_QUEUED: () => 'The job could not be queued. Send it again.',
  SERVER_UNAVAILABLE: (model) => `${model} is on the server, which does not answer now. Try again later.`,
  FUNCTION_UNAVAILABLE: (model) => `The function of ${model} gave no answer. Send the request again.`,
  KEYS_UNAVAILABLE: () => 'Keys cannot be checked now. Send the request again later.',
  USAGE_UNAVAILABLE: () => 'The counts cannot be read now. Send the request again later.',
  PREDICTOR_DISPOSED: (model) => `${model} was unloaded while it was to run. Try again.`,
};

/** An error of the HTTP layer. */
export class HttpError extends PilotlightError<HttpErrorCode> {
  override readonly name = 'HttpError';
}

export interface ErrorReply {
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly error: string; readonly code: ErrorCode } & ErrorDetails;
}

/** How the clients of a wire format read an error of one of its routes; every format carries the stable code, too. */
export type ErrorFormat = (reply: ErrorReply, route?: string) => FormattedReply;

export interface FormattedReply {
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** `{error, code}` and the details. */
export const plainError: ErrorFormat = (reply) => reply;

/** A 4xx carries the error's own message and details; a 5xx says which model failed and nothing of its inside. */
export function errorReply(error: unknown): ErrorReply {
  if (!PilotlightError.is(error) || !isErrorCode(error.code)) {
    return reply('INTERNAL', 'The service failed. The log says why.');
  }
  const { code, details } = error;
  if (STATUS_OF[code] < 500 || code === 'NOT_READY') return reply(code, error.message, details);
  const { model, version } = details;
  const named =
    typeof model === 'string' ? { model, ...(typeof version === 'string' ? { version } : {}) } : {};
  const subject = typeof model === 'string' ? `Model ${model}` : 'The model';
  return reply(code, SERVER_MESSAGES[code]?.(subject) ?? 'The service failed. The log says why.', named);
}

function reply(code: ErrorCode, error: string, details: ErrorDetails = {}): ErrorReply {
  const { allowed, retryAfterSeconds } = details;
  const headers: Record<string, string> = {};
  if (code === 'OVERLOADED') headers['retry-after'] = '1';
  if (typeof retryAfterSeconds === 'number') headers['retry-after'] = String(retryAfterSeconds);
  if (code === 'UNAUTHORIZED') headers['www-authenticate'] = 'Bearer';
  if (code === 'METHOD_NOT_ALLOWED' && Array.isArray(allowed)) headers.allow = allowed.join(', ');
  return { status: STATUS_OF[code], headers, body: { error, code, ...details } };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(STATUS_OF, code);
}
