/**
 * RoBERTa (https://arxiv.org/abs/1907.11692) and the families that share its code in transformers: XLM-RoBERTa and
 * CamemBERT. BERT's encoder; positions count from the id after the padding, and there are no token types.
 */
import { z } from 'zod';
import { type Architecture, classHeads } from './architecture.ts';
import type { BaseModel } from './base-model.ts';
import { BERT_LAYER_NAMES } from './bert.ts';
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
import { attentionMask, Encoder } from './encoder.ts';
import { buildWithHead, type Family } from './heads.ts';

const configSchema = z
  .object({
    ...bertFields,
    type_vocab_size: size.default(2),
    pad_token_id: z.int().nonnegative().default(1),
    position_embedding_type: z.literal('absolute').default('absolute'),
  })
  .refine(headsDivideHidden, HEADS_MUST_DIVIDE);

/** RobertaModel. Throws SOURCE_INVALID where config.json is not one of its. */
export function robertaBase(configJson: unknown): BaseModel {
  const config = parseConfig(configSchema, configJson);
  const encoder = encoderConfig(config);
  return {
    hidden: encoder.hidden,
    epsilon: encoder.epsilon,
    maxTokens: config.max_position_embeddings - config.pad_token_id - 1,
    vocabulary: config.vocab_size,
    tokenTypes: config.type_vocab_size,
    encode(graph, weights, { ids, mask, types }, options) {
      const tables = {
        ...encoder,
        vocabulary: config.vocab_size,
        positions: config.max_position_embeddings,
        paddingIndex: config.pad_token_id,
        tokenTypes: { ids: types, count: config.type_vocab_size },
      };
      const embedded = embeddings(graph, weights, tables, ids);
      const inputs = { mask: attentionMask(graph, mask) };
      return new Encoder(graph, weights, encoder, BERT_LAYER_NAMES).run(embedded, inputs, options);
    },
  };
}

function robertaLike(modelType: string, className: string): Architecture {
  return {
    modelType,
    heads: classHeads(className),
    build(configJson, source, head, labels) {
      const base = robertaBase(configJson);
      const family: Family = {
        ...base,
        name: modelType,
        prefix: 'roberta.',
        inputs: ['input_ids', 'attention_mask'],
        ...robertaHeads(base.hidden),
      };
      return buildWithHead(family, source, head, labels);
    },
  };
}

/** RobertaClassificationHead and RobertaLMHead, which MPNet has too. */
export function robertaHeads(hidden: number): Pick<Family, 'pool' | 'classifier' | 'languageModel'> {
  return {
    pool(graph, weights, first) {
      const layer = { name: 'classifier.dense', outputs: hidden };
      return graph.op('Tanh', [dense(graph, weights, first, hidden, [layer], 'pooler/dense')], 'pooler');
    },
    classifier: 'classifier.out_proj',
    languageModel: {
      transform: 'lm_head.dense',
      activation: 'gelu',
      norm: 'lm_head.layer_norm',
      decoder: 'lm_head.decoder',
      bias: ['lm_head.bias', 'lm_head.decoder.bias'],
    },
  };
}

export const roberta = robertaLike('roberta', 'Roberta');
export const xlmRoberta = robertaLike('xlm-roberta', 'XLMRoberta');
export const camembert = robertaLike('camembert', 'Camembert');
