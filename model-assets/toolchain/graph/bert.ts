/** BERT (https://arxiv.org/abs/1810.04805), as Hugging Face's BertModel computes it. */
import { z } from 'zod';
import type { Architecture } from './architecture.ts';
import { activation, parseConfig, size } from './config.ts';
import { dense } from './dense.ts';
import { embeddings } from './embeddings.ts';
import { attentionMask, Encoder, type LayerNames } from './encoder.ts';
import { buildWithHead } from './heads.ts';

const configSchema = z
  .object({
    vocab_size: size,
    hidden_size: size,
    num_hidden_layers: size,
    num_attention_heads: size,
    intermediate_size: size,
    hidden_act: activation.default('gelu'),
    layer_norm_eps: z.number().positive().default(1e-12),
    max_position_embeddings: size,
    type_vocab_size: size.default(2),
    position_embedding_type: z.literal('absolute').default('absolute'),
    is_decoder: z.literal(false).default(false),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    message: 'must divide hidden_size',
  });

const LAYER_NAMES: LayerNames = {
  layer: (index) => `encoder.layer.${index}.`,
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  expand: 'intermediate.dense',
  contract: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

export const bert: Architecture = {
  modelType: 'bert',
  heads: {
    BertForSequenceClassification: 'sequence-classification',
    BertForTokenClassification: 'token-classification',
    BertModel: 'none',
  },
  build(configJson, source, head, labels) {
    const config = parseConfig(configSchema, configJson);
    const encoder = {
      hidden: config.hidden_size,
      layers: config.num_hidden_layers,
      heads: config.num_attention_heads,
      feedForward: config.intermediate_size,
      activation: config.hidden_act,
      epsilon: config.layer_norm_eps,
    };
    const family = {
      name: 'bert',
      inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
      hidden: encoder.hidden,
      maxTokens: config.max_position_embeddings,
      vocabulary: config.vocab_size,
      encode(graph, weights, options) {
        const types = { ids: 'token_type_ids', count: config.type_vocab_size };
        const tables = {
          ...encoder,
          vocabulary: config.vocab_size,
          positions: config.max_position_embeddings,
        };
        const embedded = embeddings(graph, weights, tables, 'input_ids', types);
        const mask = attentionMask(graph, 'attention_mask');
        return new Encoder(graph, weights, encoder, LAYER_NAMES).run(embedded, mask, options);
      },
      pool(graph, weights, first) {
        const projection = { name: 'pooler.dense', outputs: encoder.hidden };
        return graph.op(
          'Tanh',
          [dense(graph, weights, first, encoder.hidden, [projection], 'pooler/dense')],
          'pooler',
        );
      },
    } satisfies Parameters<typeof buildWithHead>[0];
    return buildWithHead(family, source, head, labels);
  },
};
