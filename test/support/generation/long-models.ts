/** Tiny models of seeded random weights whose prompts may have several chunks, large enough to be quantised. */
import { type BuiltGenerator, buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { gpt2Shapes, llamaShapes, randomWeights } from './random-weights.ts';

export const VOCABULARY = 1100;
export const POSITIONS = 512;
const HIDDEN = 64;
const LLAMA = {
  config: {
    hidden_size: HIDDEN,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 96,
    vocab_size: VOCABULARY,
    max_position_embeddings: POSITIONS,
    tie_word_embeddings: true,
    rms_norm_eps: 1e-5,
  },
  shape: { hidden: HIDDEN, layers: 2, heads: 4, keyHeads: 2, dim: 16, inner: 96, tied: true },
};

const llama = (more: object) => () =>
  buildGenerator(
    { ...LLAMA.config, ...more },
    randomWeights(llamaShapes({ ...LLAMA.shape, vocabulary: VOCABULARY })),
  );

/** Learned positions; rotary ones and grouped heads; and those with a window that begins in the chunk before. */
export const LONG_MODELS: Readonly<Record<'gpt2' | 'llama' | 'mistral', () => BuiltGenerator>> = {
  gpt2: () =>
    buildGenerator(
      {
        model_type: 'gpt2',
        n_embd: HIDDEN,
        n_layer: 2,
        n_head: 4,
        n_positions: POSITIONS,
        vocab_size: VOCABULARY,
      },
      randomWeights(gpt2Shapes({ hidden: HIDDEN, layers: 2, positions: POSITIONS, vocabulary: VOCABULARY })),
    ),
  llama: llama({ model_type: 'llama' }),
  mistral: llama({ model_type: 'mistral', sliding_window: 40 }),
};
