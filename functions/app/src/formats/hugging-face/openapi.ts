/** The operations of Hugging Face's inference endpoints as the OpenAPI document describes them. */
import { posts } from '../../openapi/parts.ts';
import { modelParams, pipelineParams, versionParams } from '../../openapi/schemas.ts';
import { predictRequest } from './request.ts';

export const bodies = { PredictRequest: predictRequest };

const predicts = (params: typeof modelParams) =>
  posts({ body: 'PredictRequest', example: { inputs: 'I love this' }, params });

export const operations = {
  predict: predicts(modelParams),
  predictVersion: predicts(versionParams),
  pipeline: predicts(pipelineParams),
};
