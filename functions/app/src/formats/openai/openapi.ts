/** OpenAI's operations as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { gets, getsModel, posts } from '../../openapi/parts.ts';
import { modelParams } from '../../openapi/schemas.ts';
import { formatError } from './errors.ts';
import { bodies as generationBodies, generationOperations } from './generation/openapi.ts';
import { embeddingsRequest } from './request.ts';

export const tags = { OpenAI: 'Embeddings, texts and models in the format of OpenAI' };
export const bodies = { EmbeddingsRequest: embeddingsRequest, ...generationBodies };

const code = z.string().meta({ description: 'Stable' });
const openAiError = z
  .object({
    error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code }),
  })
  .meta({ id: 'OpenAiError' });
const openAiModel = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .meta({ id: 'OpenAiModel' });
const openAiModels = z.object({ object: z.literal('list'), data: z.array(openAiModel) });
const embeddings = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z.union([z.array(z.number()), z.string().meta({ description: 'base64' })]),
      }),
    ),
    model: z.string(),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'Embeddings' });

const look = { format: formatError, schema: openAiError };

export const operations = {
  openAiEmbeddings: posts({
    body: 'EmbeddingsRequest',
    to: { abilities: ['feature-extraction'], body: { input: 'I love this' }, bodyNamesModel: true },
    answer: embeddings,
    look,
  }),
  ...generationOperations(look),
  openAiModels: gets('The models', openAiModels),
  openAiModel: getsModel({
    description: 'The model',
    answer: openAiModel,
    to: { abilities: ['tokens', 'predictor', 'generation'] },
    params: modelParams,
    loads: false,
    look,
  }),
};
