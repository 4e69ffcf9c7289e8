import { adviseOn } from '@pilotlight/engine/internal/session/provider-requirements';
import { type Check, ok, unknown, warning } from '../finding.ts';

export const gpu: Check = {
  name: 'gpu',
  judge({ gpu: facts }) {
    if (facts === undefined) return unknown('looked for on Linux alone');
    const { requirements, libraries = {}, trial } = facts;
    const driver = requirements.find(({ name }) => name === 'NVIDIA driver');
    if (driver === undefined || driver.found === 'none') return ok('none: models run on the CPU');
    const found = `NVIDIA driver ${driver.found}`;
    const unmet = requirements.find(({ met }) => !met);
    if (unmet !== undefined)
      return warning(`${found}; ${unmet.name}: ${unmet.found}`, unmet.advice ?? `it must be ${unmet.wanted}`);
    const missing = Object.keys(libraries).filter((name) => !libraries[name]);
    if (trial?.works) return ok(`${found}; a graph ran on it in ${(trial.ms / 1000).toFixed(1)} s`);
    const lacks = missing.length > 0 ? `; not found: ${missing.join(', ')}` : '';
    const reason = trial?.reason ?? 'not tried';
    return warning(
      `${found}; models cannot run on it: ${reason}${lacks}`,
      adviseOn(reason) ?? 'NVIDIA’s images nvidia/cuda with cudnn-runtime in their tags have CUDA and cuDNN',
    );
  },
};
