import { type Check, ok } from '../finding.ts';

export const layers: Check = {
  name: 'layers',
  judge({ layers: { built } }) {
    const runtimes = ['arm64', 'x64'].filter((arch) =>
      built.some((name) => name.startsWith(`runtime-${arch}-`)),
    );
    if (built.length === 0) return ok('none is built; a synth builds those that it needs');
    const models = built.filter((name) => !name.startsWith('runtime-')).length;
    return ok(`runtime for ${runtimes.join(' and ') || 'no architecture'}, ${models} of models`);
  },
};
