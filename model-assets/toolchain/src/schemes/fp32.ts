import { optimise } from '../stages/optimise.ts';
import { cpuBudget } from '../stages/tune.ts';
import type { Scheme } from './scheme.ts';

/** The numbers as the source has them: the reference of all other schemes. */
export const fp32: Scheme = {
  tier: 'lambda',
  tokenBudget: cpuBudget,
  rungs: [
    {
      scheme: 'fp32',
      title: 'fp32',
      build: async (source, { progress, scratch }) => ({
        model: await progress.stage('optimise fp32', () => optimise(source, { scratch })),
      }),
    },
  ],
  otherwise: 'Report it: a model differs from itself.',
};
