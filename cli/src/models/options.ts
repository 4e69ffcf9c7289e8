import { PACKAGES_DEFAULT } from '../clone.ts';
import type { Options } from '../kit/options.ts';

/** The options of every command of `pilotlight models`. */
export const COMMON = {
  packages: { type: 'string', value: 'DIR', help: 'folder of model packages', otherwise: PACKAGES_DEFAULT },
  json: { type: 'boolean', help: 'print the results as JSON' },
} as const satisfies Options;

export const QUIET = { quiet: { type: 'boolean', help: 'print no progress' } } as const satisfies Options;

/** The options of commands that fetch models from an address. */
export const FETCHING = {
  cache: {
    type: 'string',
    value: 'FOLDER',
    help: 'where models that are fetched are kept',
    otherwise: 'PILOTLIGHT_CACHE, or ~/.cache/pilotlight/models',
  },
  offline: { type: 'boolean', default: false, help: 'take models from the cache, and ask nobody' },
} as const satisfies Options;
