/** The encoder of BART (https://arxiv.org/abs/1910.13461), as Hugging Face's BartEncoder computes it: BERT's layers under other names. */
import { z } from 'zod';
import type { BaseModel } from './base-model.ts';
import type { GraphBuilder } from './builder.ts';
import { activation, parseConfig, size } from './config.ts';
import { attentionMask, Encoder, type LayerNames, layerNorm } from './encoder.ts';
import { int } from './node.ts';
import { floatTensor, int64Tensor } from './tensor.ts';

const configSchema = z
  .object({
    vocab_size: size,
    d_model: size,
    encoder_layers: size,
    encoder_attention_heads: size,
    encoder_ffn_dim: size,
    activation_function: activation.default('gelu'),
    max_position_embeddings: size,
    scale_embedding: z.boolean().default(false),
  })
  .refine((config) => config.d_model % config.encoder_attention_heads === 0, {
    path: ['encoder_attention_heads'],
    message: 'must divide d_model',
  });

/** Fixed in the code of BART, not in its configuration. */
const EPSILON = 1e-5;
/** Rows before those of the first position. */
const FIRST_POSITION = 2;

const LAYER_NAMES: LayerNames = {
  layer: (index) => `layers.${index}.`,
  query: 'self_attn.q_proj',
  key: 'self_attn.k_proj',
  value: 'self_attn.v_proj',
  attentionOutput: 'self_attn.out_proj',
  attentionNorm: 'self_attn_layer_norm',
  expand: 'fc1',
  contract: 'fc2',
  outputNorm: 'final_layer_norm',
};

/** BartEncoder. Throws SOURCE_INVALID where config.json is not one of its. */
export function bartEncoder(configJson: unknown): BaseModel {
  const config = parseConfig(configSchema, configJson);
  const hidden = config.d_model;
  const encoder = {
    hidden,
    layers: config.encoder_layers,
    heads: config.encoder_attention_heads,
    feedForward: config.encoder_ffn_dim,
    activation: config.activation_function,
    epsilon: EPSILON,
  };
  const scale = config.scale_embedding ? Math.sqrt(hidden) : 1;
  return {
    hidden,
    epsilon: EPSILON,
    maxTokens: config.max_position_embeddings,
    vocabulary: config.vocab_size,
    tokenTypes: 0,
    encode(graph, weights, { ids, mask }, options) {
      const table = weights.get('embed_tokens.weight', [config.vocab_size, hidden]);
      const words = floatTensor(
        'embeddings/word.weight',
        [config.vocab_size, hidden],
        scale === 1 ? table : table.map((value) => value * scale),
      );
      const rows = weights
        .get('embed_positions.weight', [config.max_position_embeddings + FIRST_POSITION, hidden])
        .slice(FIRST_POSITION * hidden);
      const found = graph.op('Gather', [graph.constant(words), ids], 'embeddings/words');
      const located = firstRows(graph, rows, [config.max_position_embeddings, hidden], ids);
      const sum = graph.op('Add', [found, located], 'embeddings/sum');
      const embedded = layerNorm(graph, weights, sum, encoder, 'layernorm_embedding', 'embeddings');
      const inputs = { mask: attentionMask(graph, mask) };
      return new Encoder(graph, weights, encoder, LAYER_NAMES).run(embedded, inputs, options);
    },
  };
}

/** The first rows of a table of positions, as many as `ids` has tokens: [tokens, hidden]. */
export function firstRows(
  graph: GraphBuilder,
  rows: Float32Array,
  dims: readonly [positions: number, hidden: number],
  ids: string,
): string {
  const table = graph.constant(floatTensor('embeddings/position.weight', dims, rows));
  const tokens = graph.op('Shape', [ids], 'embeddings/tokens', {
    attributes: { start: int(1), end: int(2) },
  });
  const zero = graph.constant(int64Tensor('embeddings/zero', [1], [0]));
  return graph.op('Slice', [table, zero, tokens, zero], 'embeddings/positions');
}
