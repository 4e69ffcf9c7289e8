/** ELECTRA (https://arxiv.org/abs/2003.10555): BERT's encoder over embeddings that may be narrower than it, as Hugging Face's ElectraModel computes it. */
import { z } from 'zod';
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

const configSchema = z
  .object({
    ...bertFields,
    embedding_size: size.default(128),
    type_vocab_size: size.default(2),
    position_embedding_type: z.literal('absolute').default('absolute'),
  })
  .refine(headsDivideHidden, HEADS_MUST_DIVIDE);

/** ElectraModel. Throws SOURCE_INVALID where config.json is not one of its. */
export function electraBase(configJson: unknown): BaseModel {
  const config = parseConfig(configSchema, configJson);
  const encoder = encoderConfig(config);
  const { hidden } = encoder;
  const width = config.embedding_size;
  return {
    hidden,
    epsilon: encoder.epsilon,
    maxTokens: config.max_position_embeddings,
    vocabulary: config.vocab_size,
    tokenTypes: config.type_vocab_size,
    encode(graph, weights, { ids, mask, types }, options) {
      const tables = {
        hidden: width,
        epsilon: encoder.epsilon,
        vocabulary: config.vocab_size,
        positions: config.max_position_embeddings,
        tokenTypes: { ids: types, count: config.type_vocab_size },
      };
      const embedded = embeddings(graph, weights, tables, ids);
      const layer = { name: 'embeddings_project', outputs: hidden };
      const projected =
        width === hidden ? embedded : dense(graph, weights, embedded, width, [layer], 'embeddings_project');
      const inputs = { mask: attentionMask(graph, mask) };
      return new Encoder(graph, weights, encoder, BERT_LAYER_NAMES).run(projected, inputs, options);
    },
  };
}
