/** Checkpoints of BART and its relatives with seeded random weights, in memory. */
import { Random } from '../../fixtures/random.ts';
import type { FixtureValues } from './t5-checkpoint.ts';

/** What config.json says. */
export const TINY_BART = {
  vocab_size: 30,
  d_model: 12,
  encoder_layers: 2,
  encoder_attention_heads: 3,
  encoder_ffn_dim: 20,
  decoder_layers: 2,
  decoder_attention_heads: 2,
  decoder_ffn_dim: 16,
  activation_function: 'gelu',
  max_position_embeddings: 20,
  scale_embedding: true,
} as const;

export type BartType = 'bart' | 'mbart' | 'marian' | 'pegasus';

export const BART_CLASSES: Readonly<Record<BartType, string>> = {
  bart: 'BartForConditionalGeneration',
  mbart: 'MBartForConditionalGeneration',
  marian: 'MarianMTModel',
  pegasus: 'PegasusForConditionalGeneration',
};

/** The tensors that `TINY_BART` says, by the names that transformers gives them. */
export function bartTensors(type: BartType, seed: number): Map<string, FixtureValues> {
  const config = TINY_BART;
  const random = new Random(seed);
  const tensors: ReturnType<typeof bartTensors> = new Map();
  const add = (name: string, shape: readonly number[], deviation: number, mean = 0) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    tensors.set(name, { shape, values: random.normals(count, deviation, mean) });
  };
  const width = config.d_model;
  const linear = (name: string, outputs: number, inputs: number) => {
    add(`${name}.weight`, [outputs, inputs], 1 / Math.sqrt(inputs));
    add(`${name}.bias`, [outputs], 0.3);
  };
  const norm = (name: string) => {
    add(`${name}.weight`, [width], 0.2, 1);
    add(`${name}.bias`, [width], 0.2);
  };
  add('model.shared.weight', [config.vocab_size, width], 0.5);
  add('final_logits_bias', [1, config.vocab_size], 1);
  for (const part of ['encoder', 'decoder'] as const) {
    const at = `model.${part}`;
    if (type === 'bart' || type === 'mbart') {
      add(`${at}.embed_positions.weight`, [config.max_position_embeddings + 2, width], 0.5);
      norm(`${at}.layernorm_embedding`);
    }
    if (type === 'mbart' || type === 'pegasus') norm(`${at}.layer_norm`);
    for (let layer = 0; layer < config[`${part}_layers`]; layer++) {
      const place = `${at}.layers.${layer}`;
      for (const attention of part === 'encoder' ? ['self_attn'] : ['self_attn', 'encoder_attn']) {
        for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj'])
          linear(`${place}.${attention}.${name}`, width, width);
        norm(`${place}.${attention}_layer_norm`);
      }
      linear(`${place}.fc1`, config[`${part}_ffn_dim`], width);
      linear(`${place}.fc2`, width, config[`${part}_ffn_dim`]);
      norm(`${place}.final_layer_norm`);
    }
  }
  return tensors;
}
