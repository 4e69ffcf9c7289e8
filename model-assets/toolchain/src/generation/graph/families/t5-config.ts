/** config.json of T5 (https://arxiv.org/abs/1910.10683) and mT5, as T5Config and MT5Config of transformers read it. */
import { z } from 'zod';
import { activation, parseConfig, size } from '../../../graph/config.ts';
import type { Activation } from '../../../graph/encoder.ts';
import type { Buckets } from '../../../graph/relative-bucket.ts';
import type { WordTables } from '../seq2seq/word-tables.ts';

const schema = z.object({
  vocab_size: size,
  d_model: size,
  d_kv: size,
  d_ff: size,
  num_layers: size,
  num_decoder_layers: size.nullish(),
  num_heads: size,
  relative_attention_num_buckets: size.min(4).default(32),
  relative_attention_max_distance: size.default(128),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  /** `relu`, or `gated-gelu` for two layers side by side. */
  feed_forward_proj: z.string().optional(),
  // What a saved config repeats of it goes before it.
  dense_act_fn: activation.optional(),
  is_gated_act: z.boolean().optional(),
  tie_word_embeddings: z.boolean().default(true),
  /** Of releases that no longer say it by `tie_word_embeddings`. */
  scale_decoder_outputs: z.boolean().optional(),
});

export interface T5Config {
  readonly words: WordTables;
  readonly heads: number;
  readonly dim: number;
  readonly feedForward: number;
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  readonly buckets: Buckets;
  readonly epsilon: number;
  readonly activation: Activation;
  readonly isGated: boolean;
  /** Multiplies the last states of the decoder, before the head. */
  readonly outputScale: number;
}

/** What a family has where config.json does not say it. */
export interface T5Defaults {
  readonly feedForward: string;
  /** Whether the last states are scaled where the head is tied to the embeddings. */
  readonly scalesTied: boolean;
}

/** @throws ToolchainError SOURCE_INVALID */
export function readT5Config(json: unknown, defaults: T5Defaults): T5Config {
  const config = parseConfig(schema, json);
  const feedForward = readFeedForward(config.feed_forward_proj ?? defaults.feedForward);
  const scales = config.scale_decoder_outputs ?? config.tie_word_embeddings;
  return {
    words: { rows: config.vocab_size, width: config.d_model },
    heads: config.num_heads,
    dim: config.d_kv,
    feedForward: config.d_ff,
    encoderLayers: config.num_layers,
    decoderLayers: config.num_decoder_layers ?? config.num_layers,
    buckets: {
      count: config.relative_attention_num_buckets,
      maxDistance: config.relative_attention_max_distance,
    },
    epsilon: config.layer_norm_epsilon,
    activation: config.dense_act_fn ?? feedForward.activation,
    isGated: config.is_gated_act ?? feedForward.isGated,
    outputScale: defaults.scalesTied && scales ? config.d_model ** -0.5 : 1,
  };
}

/** `gated-gelu` means the approximation by tanh, for the sake of the first checkpoints; `gelu` alone does not. */
function readFeedForward(text: string): Pick<T5Config, 'activation' | 'isGated'> {
  if (text === 'gated-gelu') return { activation: 'gelu_new', isGated: true };
  const isGated = text.startsWith('gated-');
  const name = isGated ? text.slice('gated-'.length) : text;
  const { feed_forward_proj } = parseConfig(z.object({ feed_forward_proj: activation }), {
    feed_forward_proj: name,
  });
  return { activation: feed_forward_proj, isGated };
}
