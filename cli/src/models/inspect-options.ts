import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON } from './options.ts';

export const OPTIONS = {
  base: {
    type: 'string',
    value: 'PATH',
    help: 'folder of the hub model that the archive names, or the archive that a from_archive names',
    otherwise: 'what it should give is listed as missing',
  },
  json: COMMON.json,
} as const satisfies Options;

export type InspectLine = CommandLine<typeof OPTIONS>;
