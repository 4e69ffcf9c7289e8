/** Phi-3: Llama whose queries, keys and values are one layer, and whose gate and inner layer are another. */
import { z } from 'zod';
import { parseConfig, size } from '../../../graph/config.ts';
import type { GenerationFamily } from '../family.ts';
import { readRope } from '../step/rope-config.ts';
import { buildRotaryDecoder } from '../step/rotary-decoder.ts';
import { rotaryChecks, rotaryFields, rotaryShape } from './rotary-fields.ts';

const configSchema = z
  .object({
    ...rotaryFields,
    rms_norm_eps: z.number().positive().default(1e-5),
    original_max_position_embeddings: size.default(4096),
    sliding_window: size.nullish(),
  })
  .check(rotaryChecks);

export const phi3: GenerationFamily = {
  modelType: 'phi3',
  classes: ['Phi3ForCausalLM'],
  build(configJson, source) {
    const config = parseConfig(configSchema, configJson);
    const biases = { queries: false, output: false, feedForward: false };
    const layer = { windowed: true, rope: readRope({ ...config, ...renamed(config) }), kind: 'all' };
    const window = config.sliding_window ?? undefined;
    const model = { ...rotaryShape(config), biases, window, fused: true, layer: () => layer };
    return buildRotaryDecoder('phi3', model, source);
  },
};

/** Early checkpoints call their scaling `su` or `yarn`; it has been `longrope` from the beginning. */
function renamed({ rope_scaling: scaling, rope_parameters: parameters }: z.infer<typeof configSchema>) {
  const settings = scaling ?? parameters;
  const type = settings?.rope_type ?? settings?.type;
  if (type !== 'su' && type !== 'yarn') return {};
  return { rope_scaling: { ...settings, rope_type: 'longrope' } };
}
