/** Parameters and responses as the OpenAPI document describes them; the handlers' types come from here. */

import { z } from '@hono/zod-openapi';
import type { UsageReport } from '../serve/callers/quotas.ts';
import { needs } from './fit.ts';

export const modelParams = z.object({
  model: z.string().meta({ description: 'Name of a model, or `name@version`' }),
});
export const pipelineParams = modelParams.extend({
  task: z.string().meta({ description: 'By its name in Hugging Face’s pipelines' }),
});
export const versionParams = modelParams.extend({
  version: z.string().meta({ description: 'A semantic version' }),
});

const labelScore = z.object({ label: z.string(), score: z.number() });
const span = z.object({
  score: z.number(),
  word: z.string(),
  start: z.int().meta({ description: 'In code points, or as `offset_unit` says' }),
  end: z.int(),
});
const entityGroup = span.extend({ entity_group: z.string() });
const entity = span.extend({
  entity: z.string(),
  index: z.int().meta({ description: 'Among the tokens of the whole text' }),
  token: z.string().meta({ description: 'As the vocabulary has it' }),
});
const vector = z.array(z.number());

const answer = z.object({ answer: z.string(), score: z.number(), start: z.int(), end: z.int() });
const maskToken = z.object({
  score: z.number(),
  token: z.int(),
  token_str: z.string(),
  sequence: z.string(),
});

/** The result of one input, or a list of results for a list of inputs. */
export const predictResponse = z
  .union([
    z.array(z.array(labelScore)).meta({
      description: 'text-classification: one list for each input, best first, also for a single one',
    }),
    z.array(entityGroup).meta({ description: 'token-classification' }),
    z.array(entity).meta({ description: 'token-classification with the aggregation_strategy none' }),
    answer.meta({ description: 'question-answering' }),
    z.array(answer).meta({ description: 'question-answering with a top_k above 1' }),
    z.array(maskToken).meta({ description: 'fill-mask' }),
    z.array(z.array(maskToken)).meta({ description: 'fill-mask with several masks' }),
    z.array(labelScore).meta({ description: 'zero-shot-classification, best first' }),
    vector.meta({ description: 'feature-extraction, pooled: [hidden]' }),
    z
      .array(z.array(vector))
      .meta({ description: 'feature-extraction without pooling: [inputs][tokens][hidden]' }),
    z.string().meta({ description: 'feature-extraction, where the encoding_format is base64' }),
    z.array(z.number()).meta({ description: 'sentence-similarity' }),
    z
      .array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }))
      .meta({ description: 'text-ranking' }),
    z
      .array(
        z
          .object({ generated_text: z.string(), summary_text: z.string(), translation_text: z.string() })
          .partial()
          .extend({ details: z.record(z.string(), z.unknown()).optional() }),
      )
      .meta({
        description:
          'a model that generates text: `generated_text`, of summarization `summary_text`, of translation ' +
          '`translation_text`; as TGI has it with `details`, and as events where `stream` is true',
        ...needs('generation'),
      }),
    z.array(z.unknown()).meta({ description: 'a list of results, one for each input of a list' }),
    z.record(z.string(), z.unknown()).meta({
      description: 'a model of an AllenNLP archive: what its predictor answers',
      ...needs('archives'),
    }),
    z
      .unknown()
      .meta({ description: 'a model of transformers.js: what its pipeline gives', ...needs('pipelines') }),
  ])
  .meta({ id: 'PredictResponse' });

export const modelSummary = z
  .object({
    name: z.string(),
    version: z.string().optional().meta({ description: 'Of a package; not of what the server has' }),
    loaded: z.boolean().meta({ description: 'In memory now; others load on their first call' }),
    servedBy: z
      .enum(['server', 'function'])
      .optional()
      .meta({ description: 'Where it is not this function, but the server or another function' }),
    task: z
      .string()
      .optional()
      .meta({ description: 'By its name in Hugging Face’s pipelines; of an archive the name of its model' }),
    runtime: z
      .enum(['transformers.js', 'allennlp', 'generation'])
      .optional()
      .meta({ description: 'Where the model is no graph over tokens of a text' }),
    description: z.string().optional(),
    problem: z.string().optional().meta({ description: 'Why the package is refused' }),
  })
  .meta({ id: 'ModelSummary' });
export type ModelSummary = z.infer<typeof modelSummary>;

export const modelList = z.object({ models: z.array(modelSummary) }).meta({ id: 'ModelList' });

export const modelDetail = modelSummary
  .extend({
    versions: z.array(z.string()),
    tasks: z.array(z.string()).meta({ description: 'That it can do, its own first' }),
    labels: z.array(z.string()),
    maxTokens: z.int().meta({ description: 'Longest input in tokens, special tokens included' }),
    defaults: z.object({
      functionToApply: z.string().optional(),
      pooling: z.string().optional(),
      normalize: z.boolean().optional(),
      prompts: z
        .record(z.string(), z.string())
        .optional()
        .meta({ description: 'By the values of `prompt_name`' }),
      defaultPrompt: z
        .string()
        .optional()
        .meta({ description: 'The one of them that is put before a text unless a call says otherwise' }),
      decoding: z.string().optional().meta({ description: "How a tagger's labels are chosen" }),
      entailment: z.string().optional().meta({ description: 'The label of zero-shot classification' }),
    }),
    defaultVariant: z.string(),
    variants: z.record(
      z.string(),
      z.object({
        scheme: z.string(),
        bytes: z.int(),
        tokenBudget: z
          .int()
          .optional()
          .meta({ description: 'Tokens of a batch, where it is made of whole inputs' }),
        onnxruntime: z.string(),
        opset: z.int(),
      }),
    ),
    chats: z.boolean().meta({ description: 'Of a model that generates: whether it holds conversations' }),
    generationDefaults: z
      .record(z.string(), z.unknown())
      .meta({ description: 'Of a model that generates: its parameters, unless a call says otherwise' }),
    predictor: z.string().meta({ description: 'Of an AllenNLP archive: the predictor whose JSON it takes' }),
    example: z.record(z.string(), z.unknown()).meta({ description: 'An input as that predictor takes it' }),
    parity: z
      .object({ cases: z.int(), largestDifference: z.number() })
      .meta({ description: 'What was proved beside the answers of AllenNLP itself' }),
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
  .required({ name: true, loaded: true, versions: true })
  .meta({ id: 'ModelDetail' });
export type ModelDetail = z.infer<typeof modelDetail>;

const allowance = z.object({
  used: z.int(),
  limit: z.int().nullable().meta({ description: 'Null where there is none' }),
  remaining: z.int().nullable(),
  resets_at: z.iso.datetime(),
});
export const usageReport = z
  .object({
    key: z.string().meta({ description: 'Its name' }),
    requests_per_minute: allowance,
    tokens_per_day: allowance,
    requests_today: z.int(),
  })
  .meta({ id: 'Usage' }) satisfies z.ZodType<UsageReport>;

export const healthReport = z
  .object({ status: z.literal('ok'), uptimeSeconds: z.number() })
  .meta({ id: 'Health' });
export const readyReport = z
  .object({ ready: z.literal(true), models: z.array(z.string()).meta({ description: 'Loaded models' }) })
  .meta({ id: 'Ready' });

export const jobAccepted = z
  .object({
    job: z.string().meta({ description: 'Its id; whoever knows it may read and cancel the job' }),
    status_url: z.string().meta({ description: 'Where to ask for it' }),
  })
  .meta({ id: 'JobAccepted' });

export const errorBody = z
  .looseObject({
    error: z.string().meta({ description: 'What happened, and what to do' }),
    code: z.string().meta({ description: 'Stable' }),
  })
  .meta({ id: 'Error', example: { error: 'The body is not valid JSON.', code: 'INVALID_JSON' } });
