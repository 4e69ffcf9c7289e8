/** What operations of every format are made of: bodies, responses, errors. */
import { z } from '@hono/zod-openapi';
import { type ErrorCode, STATUS_OF } from '../answer/error-codes.ts';
import { inFormat } from '../formats/error-formats.ts';
import type { RouteTag } from '../routes.ts';
import type { BodyName } from '../docs/bodies.ts';
import * as formatSchemas from '../formats/format-schemas.ts';
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
  'CONTAINER_UNAVAILABLE',
];

export function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** Of a request that nobody waits for any more. */
export function accepted() {
  const headers = z.object({
    location: z.string().meta({ description: 'Where to ask for the job' }),
    'retry-after': z.string().meta({ description: 'Seconds after which it is worth asking' }),
  });
  return {
    ...json('It is a job: no container answers now, or `Prefer: respond-async`', schemas.jobAccepted),
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
      .enum(['function', 'container'])
      .optional()
      .meta({ description: 'Who answered, where there is a container' }),
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

/** One response for each status, with the codes that it stands for, as the errors of that tag look. */
export function errors(codes: readonly ErrorCode[], tag?: RouteTag) {
  const formatted = inFormat(tag);
  const statusOf = (code: ErrorCode) =>
    formatted({ status: STATUS_OF[code], headers: {}, body: { error: '', code } }).status;
  const statuses = [...new Set(codes.map(statusOf))].sort();
  const schema = (tag && ERROR_BODIES[tag]) ?? schemas.errorBody;
  return Object.fromEntries(
    statuses.map((status) => {
      const meant = codes.filter((code) => statusOf(code) === status);
      return [status, json(meant.map((code) => `\`${code}\``).join(', '), schema)];
    }),
  );
}

const ERROR_BODIES: Partial<Record<RouteTag, z.ZodType>> = {
  OpenAI: formatSchemas.openAiError,
  TEI: formatSchemas.teiError,
};

/** A body of JSON by the name of its schema, with one that /docs begins with. */
export function body(name: BodyName, example: unknown) {
  return {
    required: true,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` }, example } },
  };
}
