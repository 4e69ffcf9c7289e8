/** Mistral: Llama with a window. */
import { z } from 'zod';
import { parseConfig, size } from '../../../graph/config.ts';
import type { GenerationFamily } from '../family.ts';
import { readRope } from '../step/rope-config.ts';
import { buildRotaryDecoder } from '../step/rotary-decoder.ts';
import { rotaryChecks, rotaryFields, rotaryShape } from './rotary-fields.ts';

const configSchema = z
  .object({
    ...rotaryFields,
    num_key_value_heads: size.nullable().default(8),
    sliding_window: size.nullable().default(4096),
  })
  .check(rotaryChecks);

export const mistral: GenerationFamily = {
  modelType: 'mistral',
  classes: ['MistralForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(configSchema, configJson);
    const shape = rotaryShape(config);
    const biases = { queries: false, output: false, feedForward: false };
    const layer = { windowed: true, rope: readRope(config), kind: 'all' };
    const window = config.sliding_window ?? undefined;
    return buildRotaryDecoder('mistral', { ...shape, biases, window, layer: () => layer }, source);
  },
};
