/** A model like Llama of random weights, for tests that want a whole model and no data from outside. */
import { type BuiltGenerator, buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { llamaShapes, randomWeights } from './random-weights.ts';

const SHAPE = { hidden: 32, layers: 2, heads: 4, keyHeads: 2, dim: 8, inner: 48, vocabulary: 90, tied: true };

export function smallLlama({ maxPositions = 4096, seed = 1 } = {}): BuiltGenerator {
  const { hidden, layers, heads, keyHeads, dim, inner, vocabulary } = SHAPE;
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyHeads,
    head_dim: dim,
    intermediate_size: inner,
    vocab_size: vocabulary,
    rms_norm_eps: 1e-5,
    max_position_embeddings: maxPositions,
    tie_word_embeddings: true,
    rope_theta: 10_000,
  };
  return buildGenerator(config, randomWeights(llamaShapes(SHAPE), seed));
}
