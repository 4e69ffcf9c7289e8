/** The operations of the Open Inference Protocol as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { errors, gets, json, posts } from '../../openapi/parts.ts';
import { modelParams, readyReport, versionParams } from '../../openapi/schemas.ts';
import { inferRequest } from './request.ts';

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
const inference = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(tensor.extend({ data: z.array(z.unknown()) })),
  })
  .meta({ id: 'Inference' });

const example = { inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['I love this'] }] };
const infers = (params: typeof modelParams) =>
  posts({ body: 'InferRequest', example, answer: inference, params });

export const operations = {
  v2Server: gets('The server', server),
  v2Live: gets('It is', live),
  v2Ready: { responses: { 200: json('They are', readyReport), ...errors(['NOT_READY']) } },
  v2Model: gets('The model', modelMetadata, modelParams),
  v2ModelReady: gets('It can', modelReady, modelParams),
  v2Infer: infers(modelParams),
  v2ModelVersion: gets('The model', modelMetadata, versionParams),
  v2ModelVersionReady: gets('It can', modelReady, versionParams),
  v2InferVersion: infers(versionParams),
};
