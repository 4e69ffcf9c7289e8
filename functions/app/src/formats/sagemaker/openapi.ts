/** The operations of SageMaker as the OpenAPI document describes them; its JSON is that of Hugging Face. */
import { z } from '@hono/zod-openapi';
import type { SentTo } from '../../openapi/fit.ts';
import { binary, type ErrorLook, errors, json, posts } from '../../openapi/parts.ts';
import { predictResponse, readyReport } from '../../openapi/schemas.ts';
import { formatError } from './errors.ts';

export const tags = {
  SageMaker: 'What SageMaker asks a container for, and what its clients ask SageMaker for',
};
export const bodies = {};

const awsError = z
  .looseObject({ message: z.string(), error: z.string(), code: z.string().meta({ description: 'Stable' }) })
  .meta({ id: 'AwsError' });
const look: ErrorLook = {
  format: formatError,
  schema: awsError,
  headers: z.object({ 'x-amzn-errortype': z.string().meta({ description: 'As AWS’s clients name it' }) }),
};

const TARGET = 'x-amzn-sagemaker-target-model';
const target = z.string().optional().meta({ description: 'The model, where not one alone could be meant' });

const invokes = (to: SentTo, params?: z.ZodObject) =>
  posts({
    body: 'PredictRequest',
    to,
    bodies: { 'text/csv': binary, 'application/jsonlines': binary },
    headers: z.object({ [TARGET]: target }),
    ...(params && { params }),
    answer: predictResponse,
    answers: { 'application/jsonlines': binary },
    codes: ['EMPTY_INPUT'],
    look,
  });

const endpoint = z.string().meta({ description: 'The name of a model' });

export const operations = {
  sageMakerPing: {
    responses: { 200: json('Every model is loaded', readyReport), ...errors(['NOT_READY'], look) },
  },
  sageMakerInvocations: invokes({ abilities: ['anything'], byDefault: true, header: TARGET }),
  sageMakerEndpoint: invokes({ abilities: ['tokens', 'predictor', 'generation'] }, z.object({ endpoint })),
};
