import { optimise } from '../stages/optimise.ts';
import { insertProbes, quantise } from '../stages/quantise.ts';
import { largestBudget } from '../stages/tune.ts';
import type { Scheme } from './scheme.ts';

/** Products and look-ups in int8, everything else in fp32, for CPUs. See stages/ADR-int8.md. */
export const int8: Scheme = {
  tier: 'lambda',
  nameInManifest: ({ reduceRange }) =>
    reduceRange ? 'int8-dynamic-per-channel-7bit' : 'int8-dynamic-per-channel',
  largestBudget,
  needsFeeds: false,
  build: async (source, { settings, progress, scratch }) => {
    const quantised = await progress.stage('quantise', async () => quantise(source, settings));
    const model = await progress.stage('optimise int8', () => optimise(source, { scratch }));
    return { model, quantised };
  },
  probe: insertProbes,
  otherwise: 'Package the model with --variants fp32.',
};
