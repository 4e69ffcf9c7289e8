/** The operations of SageMaker as the OpenAPI document describes them; its body is that of Hugging Face. */
import { errors, json, posts } from '../../openapi/parts.ts';
import { readyReport } from '../../openapi/schemas.ts';

export const bodies = {};

export const operations = {
  sageMakerPing: { responses: { 200: json('They are', readyReport), ...errors(['NOT_READY']) } },
  sageMakerInvocations: posts({ body: 'PredictRequest', example: { inputs: 'I love this' } }),
};
