import type { Options } from '../kit/options.ts';
import { COMMON } from '../models/options.ts';

export const OPTIONS = {
  packages: COMMON.packages,
  offline: {
    type: 'boolean',
    default: false,
    help: 'ask nobody over the network: neither for credentials nor for the time',
  },
  json: COMMON.json,
} as const satisfies Options;
