/** MPNet (https://arxiv.org/abs/2004.09297), as Hugging Face's MPNetModel computes it. */
import { z } from 'zod';
import { type Architecture, classHeads } from './architecture.ts';
import { attentionBias } from './attention-bias.ts';
import type { BaseModel } from './base-model.ts';
import { bertFields, encoderConfig, HEADS_MUST_DIVIDE, headsDivideHidden, parseConfig } from './config.ts';
import { embeddings } from './embeddings.ts';
import { attentionMask, Encoder, type LayerNames } from './encoder.ts';
import { buildWithHead, type Family } from './heads.ts';
import { robertaHeads } from './roberta.ts';

/** Fixed in the code of MPNet, not in its configuration. */
const PADDING_INDEX = 1;
const BUCKETS = 32;
const MAX_DISTANCE = 128;

const configSchema = z
  .object({ ...bertFields, relative_attention_num_buckets: z.literal(BUCKETS).default(BUCKETS) })
  .refine(headsDivideHidden, HEADS_MUST_DIVIDE);

const LAYER_NAMES: LayerNames = {
  layer: (index) => `encoder.layer.${index}.`,
  query: 'attention.attn.q',
  key: 'attention.attn.k',
  value: 'attention.attn.v',
  attentionOutput: 'attention.attn.o',
  attentionNorm: 'attention.LayerNorm',
  expand: 'intermediate.dense',
  contract: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

/** MPNetModel. Throws SOURCE_INVALID where config.json is not one of its. */
export function mpnetBase(configJson: unknown): BaseModel {
  const config = parseConfig(configSchema, configJson);
  const encoder = encoderConfig(config);
  const maxTokens = config.max_position_embeddings - PADDING_INDEX - 1;
  return {
    hidden: encoder.hidden,
    epsilon: encoder.epsilon,
    maxTokens,
    vocabulary: config.vocab_size,
    tokenTypes: 0,
    encode(graph, weights, { ids, mask }, options) {
      const tables = {
        ...encoder,
        vocabulary: config.vocab_size,
        positions: config.max_position_embeddings,
        paddingIndex: PADDING_INDEX,
      };
      const embedded = embeddings(graph, weights, tables, ids);
      const attended = attentionMask(graph, mask);
      const table = weights.get('encoder.relative_attention_bias.weight', [BUCKETS, encoder.heads]);
      const bias = attentionBias(graph, table, { count: BUCKETS, maxDistance: MAX_DISTANCE }, ids);
      const inputs = { mask: attended, bias };
      return new Encoder(graph, weights, encoder, LAYER_NAMES).run(embedded, inputs, options);
    },
  };
}

export const mpnet: Architecture = {
  modelType: 'mpnet',
  heads: classHeads('MPNet'),
  build(configJson, source, head, labels) {
    const base = mpnetBase(configJson);
    const family: Family = {
      ...base,
      name: 'mpnet',
      prefix: 'mpnet.',
      inputs: ['input_ids', 'attention_mask'],
      ...robertaHeads(base.hidden),
    };
    return buildWithHead(family, source, head, labels);
  },
};
