/** Fields of config.json that the families with a rotary decoder share, and what they say of it. */
import { z } from 'zod';
import { activation, size } from '../../../graph/config.ts';
import { ropeFields } from '../step/rope-config.ts';
import type { RotaryDecoder } from '../step/rotary-decoder.ts';

export const rotaryFields = {
  ...ropeFields,
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  hidden_act: activation.default('silu'),
  max_position_embeddings: size,
  rms_norm_eps: z.number().positive().default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
};

/** Which layers have a window, where config.json says it of each. */
export const layerTypes = z.array(z.enum(['full_attention', 'sliding_attention'])).nullish();

export type RotaryFields = z.infer<z.ZodObject<typeof rotaryFields>>;

/** The checks that all of them need; a schema takes them by `check`. */
export const rotaryChecks = z.check<RotaryFields>(({ value, issues }) => {
  const { heads, keyHeads, dim } = headsOf(value);
  if (heads % keyHeads !== 0) {
    issues.push(fault(value, 'num_key_value_heads', 'must divide num_attention_heads'));
  }
  if (!Number.isInteger(dim)) {
    issues.push(fault(value, 'num_attention_heads', 'must divide hidden_size where head_dim is missing'));
  }
  if (dim % 2 !== 0) issues.push(fault(value, 'head_dim', 'must be even'));
});

function fault(input: unknown, field: string, message: string) {
  return { code: 'custom' as const, input, path: [field], message };
}

function headsOf({ num_attention_heads: heads, num_key_value_heads, head_dim, hidden_size }: RotaryFields) {
  return { heads, keyHeads: num_key_value_heads ?? heads, dim: head_dim ?? hidden_size / heads };
}

type Shared = Omit<RotaryDecoder, 'layer'>;

/** What the fields say; scores are divided by the root of the channels of a head. */
export function rotaryShape(config: RotaryFields): Shared {
  const heads = headsOf(config);
  return {
    hidden: config.hidden_size,
    layers: config.num_hidden_layers,
    attention: { ...heads, scale: heads.dim ** -0.5 },
    feedForward: config.intermediate_size,
    vocabulary: config.vocab_size,
    maxPositions: config.max_position_embeddings,
    epsilon: config.rms_norm_eps,
    activation: config.hidden_act,
    tied: config.tie_word_embeddings,
    biases: { queries: config.attention_bias, output: config.attention_bias, feedForward: false },
  };
}
