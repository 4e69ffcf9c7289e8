/** Llama 1 to 3, and what took its code over: SmolLM, TinyLlama. */
import { z } from 'zod';
import { parseConfig } from '../../../graph/config.ts';
import type { GenerationFamily } from '../family.ts';
import { readRope } from '../step/rope-config.ts';
import { buildRotaryDecoder } from '../step/rotary-decoder.ts';
import { rotaryChecks, rotaryFields, rotaryShape } from './rotary-fields.ts';

const configSchema = z.object({ ...rotaryFields, mlp_bias: z.boolean().default(false) }).check(rotaryChecks);

export const llama: GenerationFamily = {
  modelType: 'llama',
  classes: ['LlamaForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(configSchema, configJson);
    const shape = rotaryShape(config);
    const layer = { windowed: false, rope: readRope(config), kind: 'all' };
    const biases = { ...shape.biases, feedForward: config.mlp_bias };
    return buildRotaryDecoder('llama', { ...shape, biases, layer: () => layer }, source);
  },
};
