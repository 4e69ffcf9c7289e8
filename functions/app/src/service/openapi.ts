/** The app's own operations as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import type { ErrorCode } from '../http/error-codes.ts';
import { JOB_STATUSES } from '../jobs/job.ts';
import { needs, sentTo } from '../openapi/fit.ts';
import { jobHeaders } from '../openapi/headers.ts';
import { accepted, body, errors, gets, getsModel, json, text } from '../openapi/parts.ts';
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
const viewHeaders = z.object({
  'cache-control': z.string(),
  'retry-after': z.string().optional().meta({ description: 'Seconds, where the job is not over' }),
});
const CREATE_ERRORS: readonly ErrorCode[] = [
  'INVALID_JSON',
  'INVALID_REQUEST',
  'JSON_TOO_DEEP',
  'MODEL_NOT_FOUND',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INVALID_INPUT',
  'IDEMPOTENCY_KEY_REUSED',
  'TOO_MANY_INPUTS',
  'TOO_MANY_LABELS',
  'JOB_NOT_QUEUED',
];

export const tags = {
  Jobs: 'Predictions that nobody waits for',
  Models: 'The models that there are',
  Operations: 'What operators ask',
};

const to = { abilities: ['tokens', 'predictor', 'generation'] } as const;
const found = { 200: { ...json('The job', jobView), headers: viewHeaders }, ...errors(['JOB_NOT_FOUND']) };
const ofJob = { request: { params }, responses: found, ...needs('jobs') };
const describesModel = (asked: typeof schemas.modelParams) =>
  getsModel({ description: 'The model', answer: schemas.modelDetail, to, params: asked, loads: false });

export const operations = {
  createJob: {
    ...needs('jobs'),
    ...sentTo({ ...to, bodyNamesModel: true }),
    request: { headers: jobHeaders, body: body('JobRequest') },
    responses: { 202: accepted(), ...errors(CREATE_ERRORS) },
  },
  job: ofJob,
  cancelJob: ofJob,
  models: gets('The models', schemas.modelList),
  model: describesModel(schemas.modelParams),
  modelVersion: describesModel(schemas.versionParams),
  usage: {
    ...needs('quotas'),
    responses: {
      200: json('What the key has used', schemas.usageReport),
      ...errors(['NOT_FOUND', 'UNAUTHORIZED', 'USAGE_UNAVAILABLE']),
    },
  },
  health: gets('The process is alive', schemas.healthReport),
  ready: { responses: { 200: json('Every model is loaded', schemas.readyReport), ...errors(['NOT_READY']) } },
  metrics: { responses: { 200: text('The metrics', 'text/plain') } },
};
