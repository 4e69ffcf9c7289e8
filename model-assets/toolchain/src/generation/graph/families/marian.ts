/** Marian (https://arxiv.org/abs/1804.00344), the translators of OPUS-MT, as MarianMTModel of transformers computes them. */
import type { GenerationFamily } from '../family.ts';
import { buildBart } from './bart-graphs.ts';

export const marian: GenerationFamily = {
  modelType: 'marian',
  classes: ['MarianMTModel'],
  build: (config, source) =>
    buildBart(config, source, {
      name: 'marian',
      normalisesFirst: false,
      normalisesEmbeddings: false,
      normalisesLast: false,
      positions: 'sinusoids',
    }),
};
