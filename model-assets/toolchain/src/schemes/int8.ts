import { optimise } from '../stages/optimise.ts';
import { insertProbes, quantise, saturatesSums } from '../stages/quantise.ts';
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
  alternative: (settings) =>
    saturatesSums() && !settings.reduceRange ? { ...settings, reduceRange: true } : undefined,
  otherwise:
    'Package the model with --variants fp32; on x86 without VNNI, --reduce-range gives weights of 7 bits, which do not saturate.',
};
