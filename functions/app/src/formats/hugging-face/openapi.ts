/** The operations of Hugging Face's inference endpoints as the OpenAPI document describes them. */
import { needs } from '../../openapi/fit.ts';
import { binary, posts } from '../../openapi/parts.ts';
import { modelParams, pipelineParams, predictResponse, versionParams } from '../../openapi/schemas.ts';
import { predictRequest } from './request.ts';

export const tags = { Predictions: 'The format of Hugging Face’s inference endpoints, for every task' };
export const bodies = { PredictRequest: predictRequest };

/** The bodies that a model of transformers.js takes as files. */
const file = { ...binary, ...needs('pipelines') };

const predicts = (params: typeof modelParams) =>
  posts({
    body: 'PredictRequest',
    to: { abilities: ['text-classification', 'tokens'] },
    bodies: { 'application/octet-stream': file, 'image/*': file, 'audio/*': file },
    params,
    answer: predictResponse,
  });

export const operations = {
  predict: predicts(modelParams),
  predictVersion: predicts(versionParams),
  pipeline: predicts(pipelineParams),
};
