/**
 * The one route table: what the app serves, what the OpenAPI document says, what API Gateway forwards. Reading it
 * loads schemas only, neither the engine nor the app.
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { type ErrorCode, STATUS_OF } from './error-codes.ts';
import * as schemas from './schemas.ts';

type RouteConfig = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0];

const PREDICT_ERRORS: readonly ErrorCode[] = [
  'INVALID_JSON',
  'MODEL_NOT_FOUND',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_INPUT',
  'INVALID_PARAMETER',
  'INPUT_TOO_LONG',
  'TOO_MANY_INPUTS',
  'OVERLOADED',
  'PACKAGE_INVALID',
  'PACKAGE_CORRUPT',
  'SESSION_FAILED',
];

const predictBody = { required: true, content: { 'application/json': { schema: schemas.predictRequest } } };

export const routes = {
  predict: {
    method: 'post',
    path: '/models/{model}',
    tags: ['Predictions'],
    summary: 'Predict',
    description: 'The request and response of Hugging Face inference endpoints, for one input or a list.',
    request: { params: schemas.modelParams, body: predictBody },
    responses: { 200: predictions(), ...errors(PREDICT_ERRORS) },
  },
  predictVersion: {
    method: 'post',
    path: '/models/{model}/versions/{version}',
    tags: ['Predictions'],
    summary: 'Predict with one version of a model',
    request: { params: schemas.versionParams, body: predictBody },
    responses: { 200: predictions(), ...errors(PREDICT_ERRORS) },
  },
  models: {
    method: 'get',
    path: '/models',
    tags: ['Models'],
    summary: 'Every model, and why one is refused',
    responses: { 200: json('The models', schemas.modelList) },
  },
  model: {
    method: 'get',
    path: '/models/{model}',
    tags: ['Models'],
    summary: 'The manifest of a model in short',
    request: { params: schemas.modelParams },
    responses: { 200: json('The model', schemas.modelDetail), ...errors(['MODEL_NOT_FOUND']) },
  },
  modelVersion: {
    method: 'get',
    path: '/models/{model}/versions/{version}',
    tags: ['Models'],
    summary: 'The manifest of one version of a model in short',
    request: { params: schemas.versionParams },
    responses: { 200: json('The model', schemas.modelDetail), ...errors(['MODEL_NOT_FOUND']) },
  },
  health: {
    method: 'get',
    path: '/health',
    tags: ['Operations'],
    summary: 'Whether the process is alive',
    responses: { 200: json('It is', schemas.healthReport) },
  },
  ready: {
    method: 'get',
    path: '/ready',
    tags: ['Operations'],
    summary: 'Whether every model that is to be preloaded is loaded',
    responses: { 200: json('They are', schemas.readyReport), ...errors(['NOT_READY']) },
  },
  metrics: {
    method: 'get',
    path: '/metrics',
    tags: ['Operations'],
    summary: 'Metrics of this process, in the text format of Prometheus',
    responses: { 200: { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } } },
  },
  openapi: {
    method: 'get',
    path: '/openapi.json',
    tags: ['Documentation'],
    summary: 'This description',
    responses: { 200: json('An OpenAPI 3.1 document', z.looseObject({ openapi: z.string() })) },
  },
  docs: {
    method: 'get',
    path: '/docs',
    tags: ['Documentation'],
    summary: 'This description as a page from which requests can be sent',
    responses: { 200: { description: 'A page', content: { 'text/html': { schema: z.string() } } } },
  },
  home: {
    method: 'get',
    path: '/',
    tags: ['Documentation'],
    summary: 'Leads to /docs',
    responses: { 302: { description: 'To /docs' } },
  },
} satisfies Record<string, RouteConfig>;

export type RouteName = keyof typeof routes;

function json<Schema extends z.ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
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
