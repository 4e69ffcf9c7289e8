/** Responses of the formats beside Hugging Face's. */
import { z } from '@hono/zod-openapi';

const code = z.string().meta({ description: 'Stable' });
export const openAiError = z
  .object({
    error: z.object({ message: z.string(), type: z.string(), param: z.string().nullable(), code }),
  })
  .meta({ id: 'OpenAiError' });
export const teiError = z
  .looseObject({ error: z.string(), error_type: z.string(), code })
  .meta({ id: 'TeiError' });

export const openAiModel = z
  .object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
  .meta({ id: 'OpenAiModel' });
export const openAiModels = z.object({ object: z.literal('list'), data: z.array(openAiModel) });
export const embeddings = z
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

const labelScore = z.object({ label: z.string(), score: z.number() });
export const vectors = z.array(z.array(z.number())).meta({ description: '[inputs][hidden]' });
export const tokenVectors = z
  .array(z.array(z.array(z.number())))
  .meta({ description: '[inputs][tokens][hidden]' });
export const ranks = z.array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }));
export const classes = z.union([z.array(labelScore), z.array(z.array(labelScore))]);
export const likenesses = z.array(z.number());
export const tokens = z.array(
  z.array(
    z.object({
      id: z.int(),
      text: z.string(),
      special: z.boolean(),
      start: z.int().nullable().meta({ description: 'In code points' }),
      stop: z.int().nullable(),
    }),
  ),
);
export const texts = z.array(z.string());
export const info = z.looseObject({ model_id: z.string(), model_sha: z.string().nullable() });

const tensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.int()),
  parameters: z.looseObject({}).optional(),
});
export const server = z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) });
export const live = z.object({ live: z.literal(true) });
export const modelReady = z.object({ name: z.string(), ready: z.literal(true) });
export const modelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensor),
  outputs: z.array(tensor),
});
export const inference = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(tensor.extend({ data: z.array(z.unknown()) })),
  })
  .meta({ id: 'Inference' });
