/** Every error of the service by its stable code, and the HTTP status of each. Loads nothing of the engine. */
import type { EngineErrorCode } from '@pilotlight/engine';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { JobErrorCode } from '../jobs/errors.ts';

export const HTTP_ERROR_CODES = [
  'INVALID_REQUEST',
  'INVALID_JSON',
  'JSON_TOO_DEEP',
  'EMPTY_INPUT',
  'REQUEST_TIMEOUT',
  'BODY_TOO_LARGE',
  'HEADERS_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'TOO_MANY_INPUTS',
  'TOO_MANY_LABELS',
  'NOT_FOUND',
  'JOB_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'NOT_READY',
  'SERVER_UNAVAILABLE',
  'INTERNAL',
] as const;
export type HttpErrorCode = (typeof HTTP_ERROR_CODES)[number];
export type ErrorCode = EngineErrorCode | JobErrorCode | HttpErrorCode;

/** Overload is 429 and not 503: a widely used client repeats a 503 at once and without limit. */
export const STATUS_OF: Record<ErrorCode, ContentfulStatusCode> = {
  INVALID_REQUEST: 400,
  INVALID_JSON: 400,
  JSON_TOO_DEEP: 400,
  EMPTY_INPUT: 400,
  INVALID_INPUT: 422,
  INVALID_PARAMETER: 422,
  INPUT_TOO_LONG: 422,
  TOO_MANY_TOKENS: 422,
  TOO_MUCH_WORK: 422,
  TASK_UNSUPPORTED: 422,
  TOO_MANY_INPUTS: 422,
  TOO_MANY_LABELS: 422,
  ANSWER_TOO_LARGE: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  REQUEST_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  HEADERS_TOO_LARGE: 431,
  UNSUPPORTED_MEDIA_TYPE: 415,
  NOT_FOUND: 404,
  MODEL_NOT_FOUND: 404,
  JOB_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  OVERLOADED: 429,
  NOT_READY: 503,
  SERVER_UNAVAILABLE: 502,
  PACKAGE_INVALID: 500,
  PACKAGE_CORRUPT: 500,
  PACKAGE_UNAVAILABLE: 500,
  SESSION_FAILED: 500,
  PREDICTOR_DISPOSED: 500,
  JOB_NOT_QUEUED: 500,
  INTERNAL: 500,
};
