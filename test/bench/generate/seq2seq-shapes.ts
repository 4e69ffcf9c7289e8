/** The tensors of checkpoints with an encoder, by the names of transformers. */
import type { Shapes } from '../../support/generation/random-weights.ts';

interface Seq2SeqSizes {
  readonly width: number;
  /** Of the encoder, and as many of the decoder. */
  readonly layers: number;
  readonly vocabulary: number;
}

const WIDER = 4;

export function t5Shapes({
  width,
  layers,
  vocabulary,
  heads,
  buckets,
}: Seq2SeqSizes & { readonly heads: number; readonly buckets: number }): Shapes {
  const shapes: Record<string, readonly number[]> = { 'shared.weight': [vocabulary, width] };
  const attention = (at: string) => {
    for (const name of ['q', 'k', 'v', 'o']) shapes[`${at}.${name}.weight`] = [width, width];
  };
  for (const part of ['encoder', 'decoder']) {
    const last = part === 'encoder' ? 1 : 2;
    for (let layer = 0; layer < layers; layer++) {
      const block = `${part}.block.${layer}.layer`;
      attention(`${block}.0.SelfAttention`);
      if (layer === 0) shapes[`${block}.0.SelfAttention.relative_attention_bias.weight`] = [buckets, heads];
      if (part === 'decoder') attention(`${block}.1.EncDecAttention`);
      for (let norm = 0; norm <= last; norm++) shapes[`${block}.${norm}.layer_norm.weight`] = [width];
      shapes[`${block}.${last}.DenseReluDense.wi.weight`] = [WIDER * width, width];
      shapes[`${block}.${last}.DenseReluDense.wo.weight`] = [width, WIDER * width];
    }
    shapes[`${part}.final_layer_norm.weight`] = [width];
  }
  return shapes;
}

/** Without the positions of Marian, which are computed. */
export function bartShapes({ width, layers, vocabulary }: Seq2SeqSizes): Shapes {
  const shapes: Record<string, readonly number[]> = {
    'model.shared.weight': [vocabulary, width],
    final_logits_bias: [1, vocabulary],
  };
  const linear = (name: string, outputs: number, inputs: number) => {
    shapes[`model.${name}.weight`] = [outputs, inputs];
    shapes[`model.${name}.bias`] = [outputs];
  };
  const norm = (name: string) => {
    for (const part of ['weight', 'bias']) shapes[`model.${name}.${part}`] = [width];
  };
  for (const part of ['encoder', 'decoder']) {
    for (let layer = 0; layer < layers; layer++) {
      const at = `${part}.layers.${layer}`;
      for (const attention of part === 'encoder' ? ['self_attn'] : ['self_attn', 'encoder_attn']) {
        for (const name of ['q_proj', 'k_proj', 'v_proj', 'out_proj'])
          linear(`${at}.${attention}.${name}`, width, width);
        norm(`${at}.${attention}_layer_norm`);
      }
      linear(`${at}.fc1`, WIDER * width, width);
      linear(`${at}.fc2`, width, WIDER * width);
      norm(`${at}.final_layer_norm`);
    }
  }
  return shapes;
}
