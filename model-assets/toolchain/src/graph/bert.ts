/** BERT (https://arxiv.org/abs/1810.04805), as Hugging Face's BertModel computes it. */
import { z } from 'zod';
import { type Architecture, classHeads } from './architecture.ts';
import type { BaseModel } from './base-model.ts';
import {
  bertFields,
  encoderConfig,
  HEADS_MUST_DIVIDE,
  headsDivideHidden,
  parseConfig,
  size,
} from './config.ts';
import { dense } from './dense.ts';
import { embeddings } from './embeddings.ts';
import { attentionMask, Encoder, type EncoderConfig, type LayerNames } from './encoder.ts';
import { buildWithHead, type Family } from './heads.ts';

const configSchema = z
  .object({
    ...bertFields,
    type_vocab_size: size.default(2),
    position_embedding_type: z.literal('absolute').default('absolute'),
  })
  .refine(headsDivideHidden, HEADS_MUST_DIVIDE);

export const BERT_LAYER_NAMES: LayerNames = {
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

/** BertModel. Throws SOURCE_INVALID where config.json is not one of its. */
export function bertBase(configJson: unknown): BaseModel & { readonly encoder: EncoderConfig } {
  const config = parseConfig(configSchema, configJson);
  const encoder = encoderConfig(config);
  return {
    encoder,
    hidden: encoder.hidden,
    epsilon: encoder.epsilon,
    maxTokens: config.max_position_embeddings,
    vocabulary: config.vocab_size,
    tokenTypes: config.type_vocab_size,
    encode(graph, weights, { ids, mask, types }, options) {
      const tables = {
        ...encoder,
        vocabulary: config.vocab_size,
        positions: config.max_position_embeddings,
        tokenTypes: { ids: types, count: config.type_vocab_size },
      };
      const embedded = embeddings(graph, weights, tables, ids);
      const inputs = { mask: attentionMask(graph, mask) };
      return new Encoder(graph, weights, encoder, BERT_LAYER_NAMES).run(embedded, inputs, options);
    },
  };
}

export const bert: Architecture = {
  modelType: 'bert',
  heads: { ...classHeads('Bert'), BertForPreTraining: 'masked-lm' },
  build(configJson, source, head, labels) {
    const { encoder, ...base } = bertBase(configJson);
    const family: Family = {
      ...base,
      name: 'bert',
      prefix: 'bert.',
      inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
      pool(graph, weights, first) {
        const projection = { name: 'pooler.dense', outputs: encoder.hidden };
        return graph.op(
          'Tanh',
          [dense(graph, weights, first, encoder.hidden, [projection], 'pooler/dense')],
          'pooler',
        );
      },
      classifier: 'classifier',
      languageModel: {
        transform: 'cls.predictions.transform.dense',
        activation: encoder.activation,
        norm: 'cls.predictions.transform.LayerNorm',
        decoder: 'cls.predictions.decoder',
        bias: ['cls.predictions.bias', 'cls.predictions.decoder.bias'],
      },
    };
    return buildWithHead(family, source, head, labels);
  },
};
