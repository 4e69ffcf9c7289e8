/** mBART (https://arxiv.org/abs/2001.08210) and mBART-50, as MBartForConditionalGeneration of transformers computes them. */
import type { GenerationFamily } from '../family.ts';
import { buildBart } from './bart-graphs.ts';

export const mbart: GenerationFamily = {
  modelType: 'mbart',
  classes: ['MBartForConditionalGeneration'],
  build: (config, source) =>
    buildBart(config, source, {
      name: 'mbart',
      normalisesFirst: true,
      normalisesEmbeddings: true,
      normalisesLast: true,
      positions: 'learned',
    }),
};
