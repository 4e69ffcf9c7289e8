/** DistilBERT (https://arxiv.org/abs/1910.01108), as Hugging Face's DistilBertModel computes it. */
import { z } from 'zod';
import { type Architecture, classHeads } from './architecture.ts';
import type { BaseModel } from './base-model.ts';
import { activation, parseConfig, size } from './config.ts';
import { dense } from './dense.ts';
import { embeddings } from './embeddings.ts';
import { attentionMask, Encoder, type EncoderConfig, type LayerNames } from './encoder.ts';
import { buildWithHead, type Family } from './heads.ts';

/** Sinusoidal position embeddings are in the checkpoint as learned ones are. */
const configSchema = z
  .object({
    vocab_size: size,
    dim: size,
    n_layers: size,
    n_heads: size,
    hidden_dim: size,
    activation: activation.default('gelu'),
    max_position_embeddings: size,
  })
  .refine((config) => config.dim % config.n_heads === 0, { path: ['n_heads'], message: 'must divide dim' });

/** Fixed in the code of DistilBERT, not in its configuration. */
const EPSILON = 1e-12;

const LAYER_NAMES: LayerNames = {
  layer: (index) => `transformer.layer.${index}.`,
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  attentionOutput: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  expand: 'ffn.lin1',
  contract: 'ffn.lin2',
  outputNorm: 'output_layer_norm',
};

/** DistilBertModel. Throws SOURCE_INVALID where config.json is not one of its. */
export function distilbertBase(configJson: unknown): BaseModel & { readonly encoder: EncoderConfig } {
  const config = parseConfig(configSchema, configJson);
  const encoder = {
    hidden: config.dim,
    layers: config.n_layers,
    heads: config.n_heads,
    feedForward: config.hidden_dim,
    activation: config.activation,
    epsilon: EPSILON,
  };
  return {
    encoder,
    hidden: encoder.hidden,
    epsilon: EPSILON,
    maxTokens: config.max_position_embeddings,
    vocabulary: config.vocab_size,
    tokenTypes: 0,
    encode(graph, weights, { ids, mask }, options) {
      const tables = {
        ...encoder,
        vocabulary: config.vocab_size,
        positions: config.max_position_embeddings,
      };
      const embedded = embeddings(graph, weights, tables, ids);
      const inputs = { mask: attentionMask(graph, mask) };
      return new Encoder(graph, weights, encoder, LAYER_NAMES).run(embedded, inputs, options);
    },
  };
}

export const distilbert: Architecture = {
  modelType: 'distilbert',
  heads: classHeads('DistilBert'),
  build(configJson, source, head, labels) {
    const { encoder, ...base } = distilbertBase(configJson);
    const family: Family = {
      ...base,
      name: 'distilbert',
      prefix: 'distilbert.',
      inputs: ['input_ids', 'attention_mask'],
      pool(graph, weights, first) {
        const projection = { name: 'pre_classifier', outputs: encoder.hidden };
        return graph.op(
          'Relu',
          [dense(graph, weights, first, encoder.hidden, [projection], 'pooler/dense')],
          'pooler',
        );
      },
      classifier: 'classifier',
      languageModel: {
        transform: 'vocab_transform',
        activation: encoder.activation,
        norm: 'vocab_layer_norm',
        decoder: 'vocab_projector',
        bias: ['vocab_projector.bias'],
      },
    };
    return buildWithHead(family, source, head, labels);
  },
};
