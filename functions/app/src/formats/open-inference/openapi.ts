/** The operations of the Open Inference Protocol as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { binary, errors, gets, getsModel, json, posts } from '../../openapi/parts.ts';
import { modelParams, readyReport, versionParams } from '../../openapi/schemas.ts';
import { inferRequest } from './request.ts';

export const tags = {
  'Open Inference': 'The Open Inference Protocol, version 2, as KServe and Triton speak it',
};
export const bodies = { InferRequest: inferRequest };

const tensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.int()),
  parameters: z.looseObject({}).optional(),
});
const server = z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) });
const live = z.object({ live: z.literal(true) });
const modelReady = z.object({ name: z.string(), ready: z.literal(true) });
const modelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensor),
  outputs: z.array(tensor),
});
const data = z.array(z.unknown()).optional().meta({ description: 'Missing where it stands after the JSON' });
const inference = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(tensor.extend({ data })),
  })
  .meta({ id: 'Inference' });

const headLength = z.string().optional().meta({ description: 'Bytes of JSON before those of tensors' });
const headers = z.object({ 'inference-header-content-length': headLength });
const octets = { 'application/octet-stream': binary };
const example = { inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['I love this'] }] };

const infers = (params: typeof modelParams) =>
  posts({
    body: 'InferRequest',
    to: {
      abilities: ['text-classification', 'feature-extraction', 'token-classification', 'predictor'],
      body: example,
      predictors: 'tensor',
    },
    bodies: octets,
    headers,
    params,
    answer: inference,
    answers: octets,
    answerHeaders: headers,
  });
const tells = (description: string, answer: z.ZodType, params: typeof modelParams) =>
  getsModel({ description, answer, to: { abilities: ['tokens', 'predictor'] }, params });

export const operations = {
  v2Server: gets('The server', server),
  v2Live: gets('The process is alive', live),
  v2Ready: { responses: { 200: json('Every model is loaded', readyReport), ...errors(['NOT_READY']) } },
  v2Model: tells('The model', modelMetadata, modelParams),
  v2ModelReady: tells('The model is loaded', modelReady, modelParams),
  v2Infer: infers(modelParams),
  v2ModelVersion: tells('The model', modelMetadata, versionParams),
  v2ModelVersionReady: tells('The model is loaded', modelReady, versionParams),
  v2InferVersion: infers(versionParams),
};
