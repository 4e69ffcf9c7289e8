/** BART (https://arxiv.org/abs/1910.13461), as BartForConditionalGeneration of transformers computes it. */
import type { GenerationFamily } from '../family.ts';
import { buildBart } from './bart-graphs.ts';

export const bart: GenerationFamily = {
  modelType: 'bart',
  classes: ['BartForConditionalGeneration'],
  build: (config, source) =>
    buildBart(config, source, {
      name: 'bart',
      normalisesFirst: false,
      normalisesEmbeddings: true,
      normalisesLast: false,
      positions: 'learned',
    }),
};
