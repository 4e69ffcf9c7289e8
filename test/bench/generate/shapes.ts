/** The models that `bench generate` measures: the sizes of well-known ones, and the tensors that such checkpoints have. */
import { usageError } from 'pilotlight/internal/kit/errors';
import { gpt2Shapes, llamaShapes, type Shapes } from '../../support/generation/random-weights.ts';
import { bartShapes, t5Shapes } from './seq2seq-shapes.ts';

export interface GenerationShape {
  readonly name: string;
  /** What tables call it. */
  readonly label: string;
  readonly hasEncoder: boolean;
  /** The text ends with the last id of the vocabulary, whose row of the table of words is zero: no other is as unlikely. */
  readonly vocabulary: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Shapes;
  /** The table of words. */
  readonly words: string;
}

interface Sizes {
  readonly width: number;
  readonly layers: number;
  readonly vocabulary: number;
}

const HEAD = 64;
const POSITIONS = 1024;

function t5(name: string, label: string, { width, layers, vocabulary }: Sizes): GenerationShape {
  const config = {
    ...{ architectures: ['T5ForConditionalGeneration'], model_type: 't5', is_encoder_decoder: true },
    ...{ vocab_size: vocabulary, d_model: width, d_kv: HEAD, d_ff: 4 * width, num_heads: width / HEAD },
    ...{ num_layers: layers, num_decoder_layers: layers, relative_attention_num_buckets: 32 },
    ...{ relative_attention_max_distance: 128, layer_norm_epsilon: 1e-6, feed_forward_proj: 'relu' },
    ...{
      tie_word_embeddings: true,
      decoder_start_token_id: 0,
      pad_token_id: 0,
      eos_token_id: vocabulary - 1,
    },
  };
  const tensors = t5Shapes({ width, layers, vocabulary, heads: width / HEAD, buckets: 32 });
  return { name, label, hasEncoder: true, vocabulary, config, tensors, words: 'shared.weight' };
}

function marian(name: string, label: string, { width, layers, vocabulary }: Sizes): GenerationShape {
  const heads = width / HEAD;
  const config = {
    ...{ architectures: ['MarianMTModel'], model_type: 'marian', is_encoder_decoder: true },
    ...{ vocab_size: vocabulary, d_model: width, max_position_embeddings: POSITIONS },
    ...{ encoder_layers: layers, encoder_attention_heads: heads, encoder_ffn_dim: 4 * width },
    ...{ decoder_layers: layers, decoder_attention_heads: heads, decoder_ffn_dim: 4 * width },
    ...{ activation_function: 'swish', scale_embedding: true, num_hidden_layers: layers },
    ...{ decoder_start_token_id: 0, pad_token_id: 0, eos_token_id: vocabulary - 1 },
  };
  const tensors = bartShapes({ width, layers, vocabulary });
  return { name, label, hasEncoder: true, vocabulary, config, tensors, words: 'model.shared.weight' };
}

function gpt2(name: string, label: string, { width, layers, vocabulary }: Sizes): GenerationShape {
  const config = {
    ...{ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', vocab_size: vocabulary, n_embd: width },
    ...{ n_layer: layers, n_head: width / HEAD, n_positions: POSITIONS, eos_token_id: vocabulary - 1 },
  };
  const tensors = gpt2Shapes({ hidden: width, layers, positions: POSITIONS, vocabulary });
  return {
    ...{ name, label, hasEncoder: false, vocabulary, config, tensors },
    words: 'transformer.wte.weight',
  };
}

function llama(name: string, label: string, { width, layers, vocabulary }: Sizes): GenerationShape {
  const heads = width / HEAD;
  const shape = { hidden: width, layers, heads, keyHeads: heads / 3, dim: HEAD, inner: (width * 8) / 3 };
  const config = {
    ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', vocab_size: vocabulary },
    ...{ hidden_size: width, intermediate_size: shape.inner, num_hidden_layers: layers },
    ...{ num_attention_heads: heads, num_key_value_heads: shape.keyHeads, head_dim: HEAD },
    ...{ rms_norm_eps: 1e-5, rope_theta: 10_000, max_position_embeddings: POSITIONS },
    ...{ tie_word_embeddings: true, hidden_act: 'silu', eos_token_id: vocabulary - 1 },
  };
  const tensors = llamaShapes({ ...shape, vocabulary, tied: true });
  return {
    ...{ name, label, hasEncoder: false, vocabulary, config, tensors },
    words: 'model.embed_tokens.weight',
  };
}

/** As large as T5-small, GPT-2, the models of OPUS-MT and SmolLM 135M; the small ones are for `--quick`. */
export const GENERATION_SHAPES: readonly GenerationShape[] = [
  t5('t5-60m', 'T5-small, 60M', { width: 512, layers: 6, vocabulary: 32_128 }),
  gpt2('gpt2-124m', 'GPT-2, 124M', { width: 768, layers: 12, vocabulary: 50_257 }),
  marian('marian-74m', 'Marian, 74M', { width: 512, layers: 6, vocabulary: 58_101 }),
  llama('llama-135m', 'Llama, 135M', { width: 576, layers: 30, vocabulary: 49_152 }),
  t5('t5-tiny', 'T5, tiny', { width: 128, layers: 2, vocabulary: 4_000 }),
  gpt2('gpt2-tiny', 'GPT-2, tiny', { width: 128, layers: 2, vocabulary: 4_000 }),
  marian('marian-tiny', 'Marian, tiny', { width: 128, layers: 2, vocabulary: 4_000 }),
  llama('llama-tiny', 'Llama, tiny', { width: 192, layers: 2, vocabulary: 4_000 }),
];

/** @throws CliError USAGE for a name that no shape has */
export function findShape(name: string): GenerationShape {
  const found = GENERATION_SHAPES.find((shape) => shape.name === name);
  if (found) return found;
  const known = GENERATION_SHAPES.map((shape) => shape.name).join(', ');
  throw usageError(`There is no shape ${name} to generate with; choose ${known}.`);
}
