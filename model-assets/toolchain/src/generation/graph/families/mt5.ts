/** mT5 (https://arxiv.org/abs/2010.11934), as MT5ForConditionalGeneration of transformers computes it: T5 1.1, never scaled before its head. */
import type { GenerationFamily } from '../family.ts';
import { buildT5 } from './t5-graphs.ts';

export const mt5: GenerationFamily = {
  modelType: 'mt5',
  classes: ['MT5ForConditionalGeneration'],
  build: (config, source) =>
    buildT5(config, source, { name: 'mt5', feedForward: 'gated-gelu', scalesTied: false }),
};
