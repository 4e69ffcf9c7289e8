/** Of each route what the table does not say: its parameters, bodies and responses. */
import { z } from '@hono/zod-openapi';
import type { RouteName } from '../routes.ts';
import { openAiOperations, sageMakerOperations, teiOperations, v2Operations } from '../formats/format-operations.ts';
import { jobOperations } from '../service/job-operations.ts';
import { accepted, body, errors, json, PREDICT_ERRORS, predictions, text } from '../openapi/parts.ts';
import * as schemas from '../openapi/schemas.ts';

const predictBody = body('PredictRequest', { inputs: 'I love this' });
const predictResponses = { 200: predictions(), 202: accepted(), ...errors(PREDICT_ERRORS) };
const modelResponses = {
  200: json('The model', schemas.modelDetail),
  ...errors(['MODEL_NOT_FOUND', 'NOT_READY']),
};

export const operations = {
  ...openAiOperations,
  ...teiOperations,
  ...v2Operations,
  ...sageMakerOperations,
  ...jobOperations,
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
