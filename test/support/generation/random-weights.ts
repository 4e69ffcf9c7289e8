/** Checkpoints of seeded random values, of tensors that nothing but their shapes is known of. */
import type { WeightSource } from '@pilotlight/toolchain/internal/graph/weights';
import { Random } from '../../fixtures/random.ts';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Matrices keep the scale of what passes through; norms are near 1, biases near 0. */
export function randomWeights(shapes: Shapes, seed = 1): WeightSource {
  const random = new Random(seed);
  const tensors = new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((product, length) => product * length, 1);
      const isNorm = shape.length === 1 && name.endsWith('weight');
      const deviation = shape.length === 1 ? 0.2 : 1.2 / Math.sqrt(shape.at(-1) ?? 1);
      return [name, random.normals(count, deviation, isNorm ? 1 : 0)];
    }),
  );
  return {
    names: () => tensors.keys(),
    shape: (name) => (tensors.has(name) ? shapes[name] : undefined),
    read: (name) => tensors.get(name) ?? new Float32Array(),
  };
}

export interface LlamaShape {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly dim: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly tied: boolean;
  /** Names of linear layers that have a bias. */
  readonly biased?: readonly string[];
  readonly headNorms?: boolean | undefined;
}

/** The tensors of Llama and of what is like it, by the names of transformers. */
export function llamaShapes(shape: LlamaShape): Shapes {
  const { hidden, layers, heads, keyHeads, dim, inner, vocabulary, tied, biased = [], headNorms } = shape;
  const shapes: Record<string, readonly number[]> = {
    'model.embed_tokens.weight': [vocabulary, hidden],
    'model.norm.weight': [hidden],
    ...(!tied && { 'lm_head.weight': [vocabulary, hidden] }),
  };
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    const linear: Shapes = {
      'self_attn.q_proj': [heads * dim, hidden],
      'self_attn.k_proj': [keyHeads * dim, hidden],
      'self_attn.v_proj': [keyHeads * dim, hidden],
      'self_attn.o_proj': [hidden, heads * dim],
      'mlp.gate_proj': [inner, hidden],
      'mlp.up_proj': [inner, hidden],
      'mlp.down_proj': [hidden, inner],
    };
    for (const [name, dims] of Object.entries(linear)) {
      shapes[`${at}.${name}.weight`] = dims;
      if (biased.includes(name)) shapes[`${at}.${name}.bias`] = dims.slice(0, 1);
    }
    for (const norm of ['input_layernorm', 'post_attention_layernorm']) {
      shapes[`${at}.${norm}.weight`] = [hidden];
    }
    for (const norm of headNorms ? ['q_norm', 'k_norm'] : [])
      shapes[`${at}.self_attn.${norm}.weight`] = [dim];
  }
  return shapes;
}

export interface Gpt2Shape {
  readonly hidden: number;
  readonly layers: number;
  readonly positions: number;
  readonly vocabulary: number;
}

/** The tensors of GPT-2, by the names of transformers. */
export function gpt2Shapes({ hidden, layers, positions, vocabulary }: Gpt2Shape): Shapes {
  const shapes: Record<string, readonly number[]> = {
    'transformer.wte.weight': [vocabulary, hidden],
    'transformer.wpe.weight': [positions, hidden],
  };
  const norm = (name: string) => {
    for (const part of ['weight', 'bias']) shapes[`transformer.${name}.${part}`] = [hidden];
  };
  const convolution = (name: string, inputs: number, outputs: number) => {
    shapes[`transformer.${name}.weight`] = [inputs, outputs];
    shapes[`transformer.${name}.bias`] = [outputs];
  };
  for (let layer = 0; layer < layers; layer++) {
    const at = `h.${layer}`;
    norm(`${at}.ln_1`);
    convolution(`${at}.attn.c_attn`, hidden, 3 * hidden);
    convolution(`${at}.attn.c_proj`, hidden, hidden);
    norm(`${at}.ln_2`);
    convolution(`${at}.mlp.c_fc`, hidden, 4 * hidden);
    convolution(`${at}.mlp.c_proj`, 4 * hidden, hidden);
  }
  norm('ln_f');
  return shapes;
}
