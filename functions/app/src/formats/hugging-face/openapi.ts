/** The operations of Hugging Face's inference endpoints as the OpenAPI document describes them. */
import type { z } from '@hono/zod-openapi';
import { needs, type SentTo } from '../../openapi/fit.ts';
import { binary, posts } from '../../openapi/parts.ts';
import { modelParams, pipelineParams, predictResponse, versionParams } from '../../openapi/schemas.ts';
import { predictRequest } from './request.ts';

export const tags = { Predictions: 'The format of Hugging Face’s inference endpoints, for every task' };
export const bodies = { PredictRequest: predictRequest };

/** The bodies that a model of transformers.js takes as files. */
const file = { ...binary, ...needs('pipelines') };

const predicts = (to: SentTo, params?: z.ZodObject) =>
  posts({
    body: 'PredictRequest',
    to,
    bodies: { 'application/octet-stream': file, 'image/*': file, 'audio/*': file },
    ...(params && { params }),
    answer: predictResponse,
  });

const NAMED: SentTo = { abilities: ['text-classification', 'tokens', 'predictor', 'generation'] };

export const operations = {
  predict: predicts(NAMED, modelParams),
  predictVersion: predicts(NAMED, versionParams),
  pipeline: predicts(NAMED, pipelineParams),
  predictDefault: predicts({ abilities: ['anything'], byDefault: true }),
};
