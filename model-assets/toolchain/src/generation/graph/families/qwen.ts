/** Qwen 2 and 3: Llama with biases of queries, keys and values, or with norms of queries and keys; the upper layers may have a window. */
import { z } from 'zod';
import { parseConfig, size } from '../../../graph/config.ts';
import type { GenerationFamily } from '../family.ts';
import { readRope } from '../step/rope-config.ts';
import { buildRotaryDecoder } from '../step/rotary-decoder.ts';
import { layerTypes, rotaryChecks, rotaryFields, rotaryShape } from './rotary-fields.ts';

const qwenFields = {
  ...rotaryFields,
  use_sliding_window: z.boolean().default(false),
  sliding_window: size.nullable().default(4096),
  max_window_layers: z.int().nonnegative().default(28),
  layer_types: layerTypes,
};
const qwen2Schema = z.object(qwenFields).check(rotaryChecks);
const qwen3Schema = z.object({ ...qwenFields, head_dim: size.default(128) }).check(rotaryChecks);

/** Which layers have a window, and how long it is. */
function windows(config: z.infer<typeof qwen2Schema>) {
  const window = config.use_sliding_window ? (config.sliding_window ?? undefined) : undefined;
  const rope = readRope(config);
  const { layer_types: types, max_window_layers: full } = config;
  return {
    window,
    layer: (index: number) => ({
      windowed: types ? types[index] === 'sliding_attention' : index >= full,
      rope,
      kind: 'all',
    }),
  };
}

export const qwen2: GenerationFamily = {
  modelType: 'qwen2',
  classes: ['Qwen2ForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(qwen2Schema, configJson);
    const biases = { queries: true, output: false, feedForward: false };
    return buildRotaryDecoder('qwen2', { ...rotaryShape(config), biases, ...windows(config) }, source);
  },
};

export const qwen3: GenerationFamily = {
  modelType: 'qwen3',
  classes: ['Qwen3ForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(qwen3Schema, configJson);
    return buildRotaryDecoder(
      'qwen3',
      { ...rotaryShape(config), headNorms: true, ...windows(config) },
      source,
    );
  },
};
