/** MPNet (https://arxiv.org/abs/2004.09297), as Hugging Face's MPNetModel computes it. */
import { z } from 'zod';
import { type Architecture, classHeads } from './architecture.ts';
import { attentionBias } from './attention-bias.ts';
import { bertFields, encoderConfig, HEADS_MUST_DIVIDE, headsDivideHidden, parseConfig } from './config.ts';
import { embeddings } from './embeddings.ts';
import { attentionMask, Encoder, type LayerNames } from './encoder.ts';
import { buildWithHead, type Family } from './heads.ts';
import { robertaHeads } from './roberta.ts';

/** Fixed in the code of MPNet, not in its configuration. */
const PADDING_INDEX = 1;
const BUCKETS = 32;

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

export const mpnet: Architecture = {
  modelType: 'mpnet',
  heads: classHeads('MPNet'),
  build(configJson, source, head, labels) {
    const config = parseConfig(configSchema, configJson);
    const encoder = encoderConfig(config);
    const maxTokens = config.max_position_embeddings - PADDING_INDEX - 1;
    const family: Family = {
      name: 'mpnet',
      prefix: 'mpnet.',
      inputs: ['input_ids', 'attention_mask'],
      hidden: encoder.hidden,
      epsilon: encoder.epsilon,
      maxTokens,
      vocabulary: config.vocab_size,
      encode(graph, weights, options) {
        const tables = {
          ...encoder,
          vocabulary: config.vocab_size,
          positions: config.max_position_embeddings,
          paddingIndex: PADDING_INDEX,
        };
        const embedded = embeddings(graph, weights, tables, 'input_ids');
        const mask = attentionMask(graph, 'attention_mask');
        const table = weights.get('encoder.relative_attention_bias.weight', [BUCKETS, encoder.heads]);
        const bias = attentionBias(graph, table, { buckets: BUCKETS, maxTokens }, 'input_ids');
        return new Encoder(graph, weights, encoder, LAYER_NAMES).run(embedded, { mask, bias }, options);
      },
      ...robertaHeads(encoder.hidden),
    };
    return buildWithHead(family, source, head, labels);
  },
};
