/** Of each route what the table does not say: its parameters, bodies and responses. */
import { z } from '@hono/zod-openapi';
import { type ErrorCode, STATUS_OF } from '../error-codes.ts';
import type { RouteName } from '../routes.ts';
import * as schemas from './schemas.ts';

const PREDICT_ERRORS: readonly ErrorCode[] = [
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
  'TASK_UNSUPPORTED',
  'TOO_MANY_INPUTS',
  'TOO_MANY_LABELS',
  'OVERLOADED',
  'PACKAGE_INVALID',
  'PACKAGE_CORRUPT',
  'PACKAGE_UNAVAILABLE',
  'SESSION_FAILED',
];

const predictBody = {
  required: true,
  content: {
    'application/json': {
      schema: { $ref: '#/components/schemas/PredictRequest' },
      example: { inputs: 'I love this' },
    },
  },
};
const predictResponses = { 200: predictions(), ...errors(PREDICT_ERRORS) };
const modelResponses = { 200: json('The model', schemas.modelDetail), ...errors(['MODEL_NOT_FOUND']) };

export const operations = {
  predict: { request: { params: schemas.modelParams, body: predictBody }, responses: predictResponses },
  predictVersion: {
    request: { params: schemas.versionParams, body: predictBody },
    responses: predictResponses,
  },
  pipeline: {
    request: { params: schemas.pipelineParams, body: predictBody },
    responses: predictResponses,
  },
  models: { responses: { 200: json('The models', schemas.modelList) } },
  model: { request: { params: schemas.modelParams }, responses: modelResponses },
  modelVersion: { request: { params: schemas.versionParams }, responses: modelResponses },
  health: { responses: { 200: json('It is', schemas.healthReport) } },
  ready: { responses: { 200: json('They are', schemas.readyReport), ...errors(['NOT_READY']) } },
  metrics: { responses: { 200: text('The metrics', 'text/plain') } },
  openapi: { responses: { 200: json('An OpenAPI 3.1 document', z.looseObject({ openapi: z.string() })) } },
  docs: { responses: { 200: text('A page', 'text/html') } },
  home: { responses: { 302: { description: 'To /docs' } } },
} satisfies Record<RouteName, object>;

function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

function text(description: string, type: string) {
  return { description, content: { [type]: { schema: z.string() } } };
}

function predictions() {
  const milliseconds = (description: string) =>
    z.string().meta({ description: `${description}, in milliseconds` });
  const headers = z.object({
    'x-pilotlight-model': z.string().meta({ description: 'The model that answered' }),
    'x-pilotlight-version': z.string().meta({ description: 'Its version' }),
    'x-compute-tokens': z
      .string()
      .meta({ description: 'Tokens that the model read, special tokens included' }),
    'x-tokenization-time': milliseconds('From text to tokens'),
    'x-queue-time': milliseconds('Waiting for batches of other requests'),
    'x-inference-time': milliseconds('In the model'),
    'x-total-time': milliseconds('From the head of the request to the response'),
  });
  return { ...json('A result for each input, in order', schemas.predictResponse), headers };
}

/** One response for each status, with the codes that it stands for. */
function errors(codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => STATUS_OF[code]))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const meant = codes.filter((code) => STATUS_OF[code] === status);
      return [status, json(meant.map((code) => `\`${code}\``).join(', '), schemas.errorBody)];
    }),
  );
}
