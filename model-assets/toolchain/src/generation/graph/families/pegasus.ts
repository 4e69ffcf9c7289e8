/** Pegasus (https://arxiv.org/abs/1912.08777), as PegasusForConditionalGeneration of transformers computes it. */
import type { GenerationFamily } from '../family.ts';
import { buildBart } from './bart-graphs.ts';

export const pegasus: GenerationFamily = {
  modelType: 'pegasus',
  classes: ['PegasusForConditionalGeneration'],
  build: (config, source) =>
    buildBart(config, source, {
      name: 'pegasus',
      normalisesFirst: true,
      normalisesEmbeddings: false,
      normalisesLast: true,
      positions: 'sinusoids',
    }),
};
