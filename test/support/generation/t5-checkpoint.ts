/** Checkpoints of T5 with seeded random weights, in memory. */
import type { WeightSource } from '../../../model-assets/toolchain/src/graph/weights.ts';
import { Random } from '../../fixtures/random.ts';

/** What config.json says. */
export interface T5Json {
  readonly model_type: 't5' | 'mt5';
  readonly vocab_size: number;
  readonly d_model: number;
  readonly d_kv: number;
  readonly d_ff: number;
  readonly num_layers: number;
  readonly num_decoder_layers: number;
  readonly num_heads: number;
  readonly relative_attention_num_buckets: number;
  readonly relative_attention_max_distance: number;
  readonly layer_norm_epsilon: number;
  readonly feed_forward_proj: 'relu' | 'gelu' | 'gated-gelu' | 'gated-silu';
  readonly tie_word_embeddings: boolean;
}

export const TINY_T5: T5Json = {
  model_type: 't5',
  vocab_size: 40,
  d_model: 12,
  d_kv: 6,
  d_ff: 20,
  num_layers: 2,
  num_decoder_layers: 2,
  num_heads: 3,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 20,
  layer_norm_epsilon: 1e-6,
  feed_forward_proj: 'relu',
  tie_word_embeddings: true,
};

export interface FixtureValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}
export type Tensors = ReadonlyMap<string, FixtureValues>;

/** Its tensors, by the names that transformers gives them. */
export function t5Tensors(config: T5Json, seed: number): Tensors {
  const random = new Random(seed);
  const tensors = new Map<string, FixtureValues>();
  const add = (name: string, shape: readonly number[], deviation: number, mean = 0) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    tensors.set(`${name}.weight`, { shape, values: random.normals(count, deviation, mean) });
  };
  const { d_model: width, d_ff: wide, vocab_size: words } = config;
  const inner = config.num_heads * config.d_kv;
  const attention = (at: string) => {
    for (const name of ['q', 'k', 'v']) add(`${at}.${name}`, [inner, width], 1.2 / Math.sqrt(width));
    add(`${at}.o`, [width, inner], 1 / Math.sqrt(inner));
  };
  add('shared', [words, width], 1);
  if (!config.tie_word_embeddings) add('lm_head', [words, width], 0.5);
  for (const part of ['encoder', 'decoder']) {
    const layers = part === 'encoder' ? config.num_layers : config.num_decoder_layers;
    for (let layer = 0; layer < layers; layer++) {
      const block = `${part}.block.${layer}.layer`;
      attention(`${block}.0.SelfAttention`);
      if (layer === 0) {
        const table = [config.relative_attention_num_buckets, config.num_heads];
        add(`${block}.0.SelfAttention.relative_attention_bias`, table, 1);
      }
      if (part === 'decoder') attention(`${block}.1.EncDecAttention`);
      const last = part === 'decoder' ? 2 : 1;
      for (let norm = 0; norm <= last; norm++) add(`${block}.${norm}.layer_norm`, [width], 0.2, 1);
      const first = config.feed_forward_proj.startsWith('gated-') ? ['wi_0', 'wi_1'] : ['wi'];
      for (const name of first)
        add(`${block}.${last}.DenseReluDense.${name}`, [wide, width], 1 / Math.sqrt(width));
      add(`${block}.${last}.DenseReluDense.wo`, [width, wide], 1 / Math.sqrt(wide));
    }
    add(`${part}.final_layer_norm`, [width], 0.2, 1);
  }
  return tensors;
}

/** Tensors as the graphs read them. */
export function sourceOf(tensors: Tensors): WeightSource {
  return {
    names: () => tensors.keys(),
    shape: (name) => tensors.get(name)?.shape,
    read: (name) => tensors.get(name)?.values ?? new Float32Array(),
  };
}
