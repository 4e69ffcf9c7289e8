import { PACKAGES_DEFAULT } from '../clone.ts';
import type { Options } from '../kit/options.ts';

/** What every command of `pilotlight models` takes. */
export const COMMON = {
  packages: { type: 'string', value: 'DIR', help: 'folder of packages', otherwise: PACKAGES_DEFAULT },
  json: { type: 'boolean', help: 'results as JSON' },
} as const satisfies Options;

export const QUIET = { quiet: { type: 'boolean', help: 'no progress' } } as const satisfies Options;
