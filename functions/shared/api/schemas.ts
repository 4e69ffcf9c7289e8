/** Bodies that the service takes and gives. They check requests, and they are the OpenAPI document. */
import { TASKS } from '@pilotlight/engine/manifest';
import * as z from 'zod';

export const modelParams = z.object({
  model: z.string().meta({ description: 'Name of a model, or `name@version`', example: 'sentiment' }),
});
export const versionParams = modelParams.extend({
  version: z.string().meta({ description: 'A semantic version', example: '1.0.0' }),
});

/** What older clients send about hosting; there is nothing here that it would change. */
const hostingOptions = z.looseObject({
  wait_for_model: z.boolean().optional(),
  use_cache: z.boolean().optional(),
});

/** The request of Hugging Face's inference clients; what `inputs` and `parameters` may be is the task's to say. */
export const predictRequest = z
  .strictObject({
    inputs: z
      .unknown()
      .refine((inputs) => inputs !== undefined, 'is required')
      .meta({
        description: 'One input, or a list of them: a text each, for the tasks of today',
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      }),
    parameters: z
      .record(z.string(), z.unknown())
      .nullish()
      .meta({
        description:
          'Parameters of the task. text-classification: `top_k`, `function_to_apply`, `truncate`. ' +
          'token-classification: `aggregation_strategy`, `ignore_labels`, `offset_unit`, `truncate`. ' +
          'feature-extraction: `pooling`, `normalize`, `truncate`.',
      }),
    truncate: z.boolean().optional().meta({ description: 'As in `parameters`' }),
    normalize: z.boolean().optional().meta({ description: 'As in `parameters`' }),
    truncation_direction: z.literal(['right', 'Right']).optional(),
    encoding_format: z.literal('float').optional(),
    options: hostingOptions.optional().meta({ description: 'Taken and ignored' }),
  })
  .meta({ id: 'PredictRequest', example: { inputs: 'I love this' } });
export type PredictRequest = z.infer<typeof predictRequest>;

const labelScore = z.object({ label: z.string(), score: z.number() });
const entity = z.object({
  entity_group: z.string(),
  score: z.number(),
  word: z.string(),
  start: z.int().meta({ description: 'In code points, or as `offset_unit` says' }),
  end: z.int(),
});
const vector = z.array(z.number());

export const predictResponse = z
  .union([
    z.array(z.array(labelScore)).meta({
      title: 'text-classification',
      description: 'One list for each input, best first',
      example: [[{ label: 'positive', score: 0.98 }]],
    }),
    z.array(entity).meta({ title: 'token-classification, one input' }),
    z.array(z.array(entity)).meta({ title: 'token-classification, a list of inputs' }),
    vector.meta({ title: 'feature-extraction, pooled, one input', description: '[hidden]' }),
    z
      .array(vector)
      .meta({ title: 'feature-extraction, pooled, a list of inputs', description: '[inputs][hidden]' }),
    z
      .array(z.array(vector))
      .meta({ title: 'feature-extraction without pooling', description: '[inputs][tokens][hidden]' }),
  ])
  .meta({ id: 'PredictResponse' });

export const modelSummary = z
  .object({
    name: z.string(),
    version: z.string(),
    loaded: z.boolean().meta({ description: 'In memory now; others load on their first call' }),
    task: z.enum(TASKS).optional(),
    description: z.string().optional(),
    problem: z.string().optional().meta({ description: 'Why the package is refused' }),
  })
  .meta({ id: 'ModelSummary' });
export type ModelSummary = z.infer<typeof modelSummary>;

export const modelList = z.object({ models: z.array(modelSummary) }).meta({ id: 'ModelList' });

export const modelDetail = modelSummary
  .extend({
    versions: z.array(z.string()),
    labels: z.array(z.string()),
    maxTokens: z.int().meta({ description: 'Longest input in tokens, special tokens included' }),
    defaults: z.object({
      functionToApply: z.string().optional(),
      pooling: z.string().optional(),
      normalize: z.boolean().optional(),
    }),
    defaultVariant: z.string(),
    variants: z.record(
      z.string(),
      z.object({
        scheme: z.string(),
        bytes: z.int(),
        tokenBudget: z.int(),
        onnxruntime: z.string(),
        opset: z.int(),
      }),
    ),
    source: z.object({ kind: z.string(), id: z.string(), revision: z.string().optional() }),
    quality: z.array(
      z.object({
        dataset: z.string(),
        metric: z.string(),
        rows: z.int(),
        fp32: z.number(),
        served: z.number(),
      }),
    ),
  })
  .partial()
  .required({ name: true, version: true, loaded: true, versions: true })
  .meta({ id: 'ModelDetail' });
export type ModelDetail = z.infer<typeof modelDetail>;

export const healthReport = z
  .object({ status: z.literal('ok'), uptimeSeconds: z.number() })
  .meta({ id: 'Health' });
export const readyReport = z
  .object({ ready: z.literal(true), models: z.array(z.string()).meta({ description: 'Loaded models' }) })
  .meta({ id: 'Ready' });

export const errorBody = z
  .looseObject({
    error: z.string().meta({ description: 'What happened, and what to do' }),
    code: z.string().meta({ description: 'Stable' }),
  })
  .meta({ id: 'Error', example: { error: 'The body is not valid JSON.', code: 'INVALID_JSON' } });
