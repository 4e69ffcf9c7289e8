/** Checkpoints as llama.cpp names and lays them out: https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py */
import { type WeightSource, Weights } from '../../../../model-assets/toolchain/src/graph/weights.ts';
import type { GenerationShape } from '../shapes.ts';
import type { GgufTensor, GgufValue } from './gguf-file.ts';

export interface GgufModel {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensor[];
}

type Matrices = GgufTensor['type'];
type Shape = Pick<GenerationShape, 'config' | 'tensors'>;

const NORMAL_TOKEN = 1;

/** `undefined` for a family that has an encoder, which node-llama-cpp cannot run. */
export function describeGguf(shape: Shape, source: WeightSource, matrices: Matrices): GgufModel | undefined {
  if (shape.config.model_type === 'gpt2') return describeGpt2(shape, source, matrices);
  if (shape.config.model_type === 'llama') return describeLlama(shape, source, matrices);
  return undefined;
}

function describeGpt2(shape: Shape, source: WeightSource, matrices: Matrices): GgufModel {
  const { config } = shape;
  const { tensor, turned } = readers(shape, 'transformer.', source, matrices);
  const width = Number(config.n_embd);
  const layers = Number(config.n_layer);
  const normal = (name: string, from: string): GgufTensor[] => [
    tensor(`${name}.weight`, `${from}.weight`),
    tensor(`${name}.bias`, `${from}.bias`),
  ];
  const linear = (name: string, from: string): GgufTensor[] => [
    turned(`${name}.weight`, `${from}.weight`),
    tensor(`${name}.bias`, `${from}.bias`),
  ];
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const [at, from] = [`blk.${layer}`, `h.${layer}`];
    return [
      ...normal(`${at}.attn_norm`, `${from}.ln_1`),
      ...linear(`${at}.attn_qkv`, `${from}.attn.c_attn`),
      ...linear(`${at}.attn_output`, `${from}.attn.c_proj`),
      ...normal(`${at}.ffn_norm`, `${from}.ln_2`),
      ...linear(`${at}.ffn_up`, `${from}.mlp.c_fc`),
      ...linear(`${at}.ffn_down`, `${from}.mlp.c_proj`),
    ];
  });
  return {
    metadata: {
      ...sizes('gpt2', { width, layers, inner: 4 * width, positions: Number(config.n_positions) }),
      'gpt2.attention.head_count': uint32(Number(config.n_head)),
      'gpt2.attention.layer_norm_epsilon': { kind: 'float32', value: 1e-5 },
      ...vocabulary(Number(config.vocab_size)),
    },
    tensors: [
      tensor('token_embd.weight', 'wte.weight'),
      { ...tensor('position_embd.weight', 'wpe.weight'), type: 'F32' },
      ...normal('output_norm', 'ln_f'),
      ...blocks.flat(),
    ],
  };
}

function describeLlama(shape: Shape, source: WeightSource, matrices: Matrices): GgufModel {
  const { config } = shape;
  const { tensor } = readers(shape, 'model.', source, matrices);
  const layers = Number(config.num_hidden_layers);
  const width = Number(config.hidden_size);
  const heads = Number(config.num_attention_heads);
  const keyHeads = Number(config.num_key_value_heads);
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const at = `blk.${layer}`;
    const from = (name: string) => `layers.${layer}.${name}.weight`;
    return [
      tensor(`${at}.attn_norm.weight`, from('input_layernorm')),
      interleave(tensor(`${at}.attn_q.weight`, from('self_attn.q_proj')), heads),
      interleave(tensor(`${at}.attn_k.weight`, from('self_attn.k_proj')), keyHeads),
      tensor(`${at}.attn_v.weight`, from('self_attn.v_proj')),
      tensor(`${at}.attn_output.weight`, from('self_attn.o_proj')),
      tensor(`${at}.ffn_norm.weight`, from('post_attention_layernorm')),
      tensor(`${at}.ffn_gate.weight`, from('mlp.gate_proj')),
      tensor(`${at}.ffn_up.weight`, from('mlp.up_proj')),
      tensor(`${at}.ffn_down.weight`, from('mlp.down_proj')),
    ];
  });
  const inner = Number(config.intermediate_size);
  return {
    metadata: {
      ...sizes('llama', { width, layers, inner, positions: Number(config.max_position_embeddings) }),
      'llama.attention.head_count': uint32(heads),
      'llama.attention.head_count_kv': uint32(keyHeads),
      'llama.attention.layer_norm_rms_epsilon': { kind: 'float32', value: Number(config.rms_norm_eps) },
      'llama.rope.dimension_count': uint32(width / heads),
      'llama.rope.freq_base': { kind: 'float32', value: Number(config.rope_theta) },
      ...vocabulary(Number(config.vocab_size)),
    },
    tensors: [
      tensor('token_embd.weight', 'embed_tokens.weight'),
      tensor('output_norm.weight', 'norm.weight'),
      ...blocks.flat(),
    ],
  };
}

interface Sizes {
  readonly width: number;
  readonly layers: number;
  readonly inner: number;
  readonly positions: number;
}

const uint32 = (value: number): GgufValue => ({ kind: 'uint32', value });

function sizes(family: string, { width, layers, inner, positions }: Sizes): GgufModel['metadata'] {
  return {
    'general.architecture': { kind: 'string', value: family },
    [`${family}.embedding_length`]: uint32(width),
    [`${family}.block_count`]: uint32(layers),
    [`${family}.feed_forward_length`]: uint32(inner),
    [`${family}.context_length`]: uint32(positions),
  };
}

/** A word for each id, the last of which ends a text. */
function vocabulary(size: number): GgufModel['metadata'] {
  const words = Array.from({ length: size }, (_, id) => `w${id}`);
  return {
    'tokenizer.ggml.model': { kind: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { kind: 'string', value: 'gpt-2' },
    'tokenizer.ggml.tokens': { kind: 'strings', value: words },
    'tokenizer.ggml.token_type': { kind: 'int32s', value: words.map(() => NORMAL_TOKEN) },
    'tokenizer.ggml.merges': { kind: 'strings', value: ['w 0'] },
    'tokenizer.ggml.eos_token_id': uint32(size - 1),
  };
}

function readers({ tensors }: Shape, prefix: string, source: WeightSource, matrices: Matrices) {
  const weights = new Weights(source, prefix);
  const shapeOf = (name: string): readonly number[] => tensors[prefix + name] ?? [];
  const tensor = (name: string, from: string): GgufTensor => {
    const shape = shapeOf(from);
    const type = shape.length > 1 ? matrices : 'F32';
    return { name, shape, type, values: () => weights.get(from, shape) };
  };
  /** Of a layer that keeps its matrix as [inputs, outputs]. */
  const turned = (name: string, from: string): GgufTensor => {
    const [rows = 0, columns = 0] = shapeOf(from);
    const values = () => transpose(weights.get(from, [rows, columns]), rows, columns);
    return { name, shape: [columns, rows], type: matrices, values };
  };
  return { tensor, turned };
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column] ?? 0;
  return turned;
}

/** The rotation pairs neighbours in llama.cpp, and the halves of a head in transformers: its rows change places. */
function interleave(tensor: GgufTensor, heads: number): GgufTensor {
  const [rows = 0, columns = 0] = tensor.shape;
  const half = rows / heads / 2;
  return {
    ...tensor,
    values: () => {
      const values = tensor.values();
      const moved = new Float32Array(values.length);
      for (let row = 0; row < rows; row++) {
        const [head, place] = [Math.floor(row / (2 * half)), row % (2 * half)];
        const from = head * 2 * half + (place % 2) * half + Math.floor(place / 2);
        moved.set(values.subarray(from * columns, (from + 1) * columns), row * columns);
      }
      return moved;
    },
  };
}
