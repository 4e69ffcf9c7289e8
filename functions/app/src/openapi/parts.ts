/** The pieces from which the operations of every format are made: bodies, responses, errors. */
import { z } from '@hono/zod-openapi';
import { type ErrorCode, STATUS_OF } from '../http/error-codes.ts';
import { type ErrorFormat, plainError } from '../http/errors.ts';
import * as schemas from './schemas.ts';

export const PREDICT_ERRORS: readonly ErrorCode[] = [
  'INVALID_JSON',
  'INVALID_REQUEST',
  'JSON_TOO_DEEP',
  'MODEL_NOT_FOUND',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_INPUT',
  'INVALID_PARAMETER',
  'INPUT_TOO_LONG',
  'TOO_MANY_TOKENS',
  'TOO_MUCH_WORK',
  'TASK_UNSUPPORTED',
  'TOO_MANY_INPUTS',
  'TOO_MANY_LABELS',
  'ANSWER_TOO_LARGE',
  'OVERLOADED',
  'PACKAGE_INVALID',
  'PACKAGE_CORRUPT',
  'PACKAGE_UNAVAILABLE',
  'SESSION_FAILED',
  'SERVER_UNAVAILABLE',
];

export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** The response to a request that became a job. */
export function accepted() {
  const headers = z.object({
    location: z.string().meta({ description: 'Where to ask for the job' }),
    'retry-after': z.string().meta({ description: 'Seconds after which it is worth asking' }),
  });
  return {
    ...json('It is a job: no server answers now, or `Prefer: respond-async`', schemas.jobAccepted),
    headers,
  };
}

export function text(description: string, type: string) {
  return { description, content: { [type]: { schema: z.string() } } };
}

export function predictions(schema: z.ZodType = schemas.predictResponse) {
  const milliseconds = (description: string) =>
    z.string().meta({ description: `${description}, in milliseconds` });
  const headers = z.object({
    'x-pilotlight-model': z.string().meta({ description: 'The model that answered' }),
    'x-pilotlight-version': z.string().meta({ description: 'Its version' }),
    'x-pilotlight-served-by': z
      .enum(['function', 'server'])
      .optional()
      .meta({ description: 'Who answered, where there is a server' }),
    'x-compute-tokens': z
      .string()
      .meta({ description: 'Tokens that the model read, special tokens included' }),
    'x-tokenization-time': milliseconds('From text to tokens'),
    'x-queue-time': milliseconds('Waiting for batches of other requests'),
    'x-inference-time': milliseconds('In the model'),
    'x-total-time': milliseconds('From the head of the request to the response'),
  });
  return { ...json('The answer', schema), headers };
}

/** How errors look in a wire format. */
export interface ErrorLook {
  readonly format: ErrorFormat;
  readonly schema: z.ZodType;
}

const PLAIN: ErrorLook = { format: plainError, schema: schemas.errorBody };

/** One response for each status, with the codes that it stands for. */
export function errors(codes: readonly ErrorCode[], { format, schema }: ErrorLook = PLAIN) {
  const findStatus = (code: ErrorCode) =>
    format({ status: STATUS_OF[code], headers: {}, body: { error: '', code } }).status;
  const statuses = [...new Set(codes.map(findStatus))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const meant = codes.filter((code) => findStatus(code) === status);
      return [status, json(meant.map((code) => `\`${code}\``).join(', '), schema)];
    }),
  );
}

/** A body of JSON by the name of its schema, with one that /docs begins with. */
export function body(name: string, example: unknown) {
  return {
    required: true,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` }, example } },
  };
}

export interface PostOptions {
  /** Name of the schema of the body. */
  readonly body: string;
  /** A body that /docs begins with. */
  readonly example: unknown;
  readonly answer?: z.ZodType;
  readonly params?: typeof schemas.modelParams;
  /** Beside those of every prediction. */
  readonly codes?: readonly ErrorCode[];
  readonly look?: ErrorLook;
}

/** A route by which a wire format asks for predictions. */
export function posts({ body: name, example, answer, params, codes = [], look }: PostOptions) {
  return {
    request: { body: body(name, example), ...(params && { params }) },
    responses: { 200: predictions(answer), 202: accepted(), ...errors([...PREDICT_ERRORS, ...codes], look) },
  };
}

const NOT_FOUND: readonly ErrorCode[] = ['MODEL_NOT_FOUND', 'NOT_READY'];

/** A route that answers a question; with `params`, about a model. */
export function gets(
  description: string,
  schema: z.ZodType,
  params?: typeof schemas.modelParams,
  look?: ErrorLook,
) {
  return {
    ...(params && { request: { params } }),
    responses: { 200: json(description, schema), ...(params && errors(NOT_FOUND, look)) },
  };
}
