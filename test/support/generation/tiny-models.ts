/** Tiny models of seeded random weights that are large enough to be quantised. */
import type { WeightSource } from '@pilotlight/toolchain/internal/graph/weights';
import { gpt2Shapes, llamaShapes, randomWeights } from './random-weights.ts';

/** Large enough for a head and a table that are quantised. */
export const VOCABULARY = 1100;
export const HIDDEN = 64;

export interface TinyModel {
  readonly config: object;
  readonly weights: WeightSource;
}

export const GPT2: TinyModel = {
  config: {
    model_type: 'gpt2',
    n_embd: HIDDEN,
    n_layer: 2,
    n_head: 4,
    n_positions: 64,
    vocab_size: VOCABULARY,
  },
  weights: randomWeights(gpt2Shapes({ hidden: HIDDEN, layers: 2, positions: 64, vocabulary: VOCABULARY })),
};

const SHAPE = { hidden: HIDDEN, layers: 2, heads: 4, keyHeads: 2, dim: 16, inner: 96, tied: true };
export const LLAMA: TinyModel = {
  config: {
    model_type: 'llama',
    hidden_size: HIDDEN,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 96,
    vocab_size: VOCABULARY,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
  },
  weights: withOutliers(randomWeights(llamaShapes({ ...SHAPE, vocabulary: VOCABULARY }))),
};

/** Norms that stretch two channels, as those of trained models do. */
function withOutliers(source: WeightSource): WeightSource {
  return {
    names: () => source.names(),
    shape: (name) => source.shape(name),
    read: (name) => {
      const values = source.read(name).slice();
      if (name.endsWith('layernorm.weight')) for (const channel of [3, 41]) values[channel] = 25;
      return values;
    },
  };
}
