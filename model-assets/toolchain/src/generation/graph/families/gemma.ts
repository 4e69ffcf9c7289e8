/** Gemma 1 to 3: scaled embeddings, norms of 1 + weight; since 2 norms on both sides of each part, and windows; since 3 norms of heads. */
import { z } from 'zod';
import { activation, parseConfig, size } from '../../../graph/config.ts';
import type { GenerationFamily } from '../family.ts';
import { readRope, settleRope } from '../step/rope-config.ts';
import { buildRotaryDecoder, type RotaryDecoder } from '../step/rotary-decoder.ts';
import { layerTypes, type RotaryFields, rotaryChecks, rotaryFields, rotaryShape } from './rotary-fields.ts';

const gemmaFields = {
  ...rotaryFields,
  head_dim: size.default(256),
  hidden_act: activation.default('gelu_pytorch_tanh'),
  tie_word_embeddings: z.boolean().default(true),
  use_bidirectional_attention: z.literal([false, null]).optional(),
};
const gemmaSchema = z.object(gemmaFields).check(rotaryChecks);

const cap = z.number().positive().nullable();
const windowedFields = {
  ...gemmaFields,
  hidden_activation: activation.default('gelu_pytorch_tanh'),
  query_pre_attn_scalar: z.number().positive().default(256),
  sliding_window: size.nullable().default(4096),
  layer_types: layerTypes,
};
const gemma2Schema = z
  .object({
    ...windowedFields,
    final_logit_softcapping: cap.default(30),
    attn_logit_softcapping: cap.default(50),
  })
  .check(rotaryChecks);
const part = z.record(z.string(), z.unknown()).nullish();
const gemma3Schema = z
  .object({
    ...windowedFields,
    rope_parameters: z.object({ full_attention: part, sliding_attention: part }).nullish(),
    final_logit_softcapping: cap.default(null),
    sliding_window_pattern: size.default(6),
    rope_local_base_freq: z.number().positive().nullish(),
  })
  .check(rotaryChecks);

function gemmaShape(config: RotaryFields) {
  return { ...rotaryShape(config), normOffset: 1, embeddingScale: Math.fround(config.hidden_size ** 0.5) };
}

function windowedShape(config: z.infer<z.ZodObject<typeof windowedFields>>): Omit<RotaryDecoder, 'layer'> {
  const shape = gemmaShape(config);
  return {
    ...shape,
    activation: config.hidden_activation,
    attention: { ...shape.attention, scale: config.query_pre_attn_scalar ** -0.5 },
    outerNorms: true,
    window: config.sliding_window ?? undefined,
  };
}

export const gemma: GenerationFamily = {
  modelType: 'gemma',
  classes: ['GemmaForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(gemmaSchema, configJson);
    const shape = gemmaShape(config);
    const layer = { windowed: false, rope: readRope(config), kind: 'all' };
    // The first releases said `gelu` and meant its approximation, which the weights were trained with.
    const approximate = shape.activation === 'gelu' ? 'gelu_pytorch_tanh' : shape.activation;
    return buildRotaryDecoder('gemma', { ...shape, activation: approximate, layer: () => layer }, source);
  },
};

export const gemma2: GenerationFamily = {
  modelType: 'gemma2',
  classes: ['Gemma2ForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(gemma2Schema, configJson);
    const shape = windowedShape(config);
    const rope = readRope(config);
    const { layer_types: types } = config;
    return buildRotaryDecoder(
      'gemma2',
      {
        ...shape,
        attention: { ...shape.attention, cap: config.attn_logit_softcapping ?? undefined },
        cap: config.final_logit_softcapping ?? undefined,
        layer: (index) => ({
          windowed: types ? types[index] === 'sliding_attention' : index % 2 === 0,
          rope,
          kind: 'all',
        }),
      },
      source,
    );
  },
};

export const gemma3: GenerationFamily = {
  modelType: 'gemma3_text',
  classes: ['Gemma3ForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(gemma3Schema, configJson);
    const ropes = gemma3Ropes(config);
    const { layer_types: types, sliding_window_pattern: pattern } = config;
    const isWindowed = (index: number) =>
      types ? types[index] === 'sliding_attention' : (index + 1) % pattern !== 0;
    return buildRotaryDecoder(
      'gemma3',
      {
        ...windowedShape(config),
        headNorms: true,
        cap: config.final_logit_softcapping ?? undefined,
        layer: (index) => (isWindowed(index) ? ropes.windowed : ropes.full),
      },
      source,
    );
  },
};

/** Layers with a window have a base of their own, and no scaling in the style before release 5. */
function gemma3Ropes(config: z.infer<typeof gemma3Schema>) {
  const { rope_scaling: scaling, rope_parameters: parameters } = config;
  const full = { ...parameters?.full_attention, ...scaling };
  const windowed = parameters?.sliding_attention ?? {};
  return {
    full: {
      windowed: false,
      kind: 'full',
      rope: settleRope(config, full, config.rope_theta ?? 1_000_000),
    },
    windowed: {
      windowed: true,
      kind: 'windowed',
      rope: settleRope(config, windowed, config.rope_local_base_freq ?? 10_000),
    },
  };
}
