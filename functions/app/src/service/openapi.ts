/** The app's own operations as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import type { ErrorCode } from '../http/error-codes.ts';
import { JOB_STATUSES } from '../jobs/job.ts';
import { accepted, body, errors, json, text } from '../openapi/parts.ts';
import * as schemas from '../openapi/schemas.ts';
import { jobRequest } from './job-request.ts';

export const bodies = { JobRequest: jobRequest };

const time = (description: string) => z.iso.datetime().meta({ description });

export const jobView = z
  .object({
    id: z.string(),
    status: z.enum(JOB_STATUSES),
    model: z.string(),
    created_at: time('When it was taken'),
    started_at: time('When its last attempt began').optional(),
    finished_at: time('When it was done, failed or cancelled').optional(),
    expires_at: time('When it will have failed, unless it is worked on then').optional(),
    attempts: z.int().meta({ description: 'How often it was begun' }),
    status_url: z.string(),
    result: z.unknown().optional().meta({ description: 'The answer, where it is JSON and small' }),
    result_url: z.string().optional().meta({ description: 'Where the answer can be fetched, for an hour' }),
    result_type: z.string().optional().meta({ description: 'The content type of the answer' }),
    result_headers: z.record(z.string(), z.string()).optional().meta({ description: 'What answered' }),
    error: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .meta({ description: 'Why it failed' }),
  })
  .meta({ id: 'Job' });

const params = z.object({ id: z.string().meta({ description: 'Of the job' }) });
const headers = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .meta({ description: 'With the same key and the same body, the same job' }),
});
const CREATE_ERRORS: readonly ErrorCode[] = [
  'INVALID_JSON',
  'INVALID_REQUEST',
  'JSON_TOO_DEEP',
  'MODEL_NOT_FOUND',
  'NOT_FOUND',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_INPUT',
  'IDEMPOTENCY_KEY_REUSED',
  'TOO_MANY_INPUTS',
  'TOO_MANY_LABELS',
  'JOB_NOT_QUEUED',
];
const found = { 200: json('The job', jobView), ...errors(['JOB_NOT_FOUND', 'NOT_FOUND']) };

const modelResponses = {
  200: json('The model', schemas.modelDetail),
  ...errors(['MODEL_NOT_FOUND', 'NOT_READY']),
};

export const operations = {
  createJob: {
    request: { headers, body: body('JobRequest', { model: 'sentiment', inputs: 'I love this' }) },
    responses: { 202: accepted(), ...errors(CREATE_ERRORS) },
  },
  job: { request: { params }, responses: found },
  cancelJob: { request: { params }, responses: found },
  models: { responses: { 200: json('The models', schemas.modelList) } },
  model: { request: { params: schemas.modelParams }, responses: modelResponses },
  modelVersion: { request: { params: schemas.versionParams }, responses: modelResponses },
  health: { responses: { 200: json('It is', schemas.healthReport) } },
  ready: { responses: { 200: json('They are', schemas.readyReport), ...errors(['NOT_READY']) } },
  metrics: { responses: { 200: text('The metrics', 'text/plain') } },
};
