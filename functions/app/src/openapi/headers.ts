/** The headers of requests and of answers as the OpenAPI document describes them: required where they are always there. */
import { z } from '@hono/zod-openapi';
import { needs } from './fit.ts';

const told = (description: string) => z.string().meta({ description });
const milliseconds = (description: string) => told(`${description}, in milliseconds`);
const servedBy = z
  .string()
  .meta({ description: 'Who answered: `function`, `server` or `queue`', ...needs('hand-over') });

export const requestId = told('The id of the request in the log');

/** The header of an answer that is worth another try later. */
export const retryHeaders = z.object({ 'retry-after': told('Seconds after which it is worth asking') });

export const acceptedHeaders = retryHeaders.extend({
  location: told('Where to ask for the job'),
  'preference-applied': told('`respond-async`, where that was asked for').optional(),
  'x-pilotlight-served-by': servedBy,
});

/** Headers of every prediction. */
export const predictionHeaders = z.object({
  'x-pilotlight-model': told('The model that answered'),
  'x-pilotlight-version': told('Its version'),
  'x-pilotlight-variant': told('Its variant'),
  'x-pilotlight-checksum': told('The first 12 digits of the sha256 of its `model.json`').optional(),
  'x-pilotlight-served-by': servedBy,
  'x-compute-tokens': told('Tokens that the model read, special tokens included'),
  'x-padded-tokens': told('Padding that it read in addition'),
  'x-truncated-tokens': told('Tokens that were cut off'),
  'x-tokenization-time': milliseconds('From text to tokens'),
  'x-queue-time': milliseconds('Waiting for batches of other requests'),
  'x-inference-time': milliseconds('In the model'),
  'x-total-time': milliseconds('From the head of the request to the response'),
  'server-timing': told('The stages again, as browsers show them'),
});

const idempotencyKey = z.string().min(8).max(255);
const SAME_JOB = 'With the same key and the same body, the same job';

/** Headers of a request for a job. */
export const jobHeaders = z.object({
  'idempotency-key': idempotencyKey.optional().meta({ description: SAME_JOB }),
});

/** Headers of every request that may be handed over. */
export const askedHeaders = z.object({
  prefer: z
    .string()
    .optional()
    .meta({
      description:
        '`respond-async` for a job; with `wait=10`, only where the answer takes longer than ten seconds',
      ...needs('hand-over'),
    }),
  'idempotency-key': idempotencyKey.optional().meta({ description: SAME_JOB, ...needs('hand-over') }),
});
