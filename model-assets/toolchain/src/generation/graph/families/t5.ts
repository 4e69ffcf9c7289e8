/** T5 (https://arxiv.org/abs/1910.10683), versions 1.0 and 1.1, as T5ForConditionalGeneration of transformers computes it. */
import type { GenerationFamily } from '../family.ts';
import { buildT5 } from './t5-graphs.ts';

export const t5: GenerationFamily = {
  modelType: 't5',
  classes: ['T5ForConditionalGeneration', 'T5WithLMHeadModel'],
  build: (config, source) => buildT5(config, source, { name: 't5', feedForward: 'relu', scalesTied: true }),
};
