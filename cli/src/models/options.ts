import { PACKAGES_DEFAULT } from '../clone.ts';
import type { Options } from '../kit/options.ts';

/** The options of every command of `pilotlight models`. */
export const COMMON = {
  packages: { type: 'string', value: 'DIR', help: 'folder of model packages', otherwise: PACKAGES_DEFAULT },
  json: { type: 'boolean', help: 'print the results as JSON' },
} as const satisfies Options;

export const QUIET = { quiet: { type: 'boolean', help: 'print no progress' } } as const satisfies Options;
