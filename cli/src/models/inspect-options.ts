import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, FETCHING } from './options.ts';

export const OPTIONS = {
  base: {
    type: 'string',
    value: 'SOURCE',
    help: 'folder or address (hf:org/model) of the hub model that the archive names, or the archive that a from_archive names',
    otherwise: 'what it should give is listed as missing',
  },
  ...FETCHING,
  json: COMMON.json,
} as const satisfies Options;

export type InspectLine = CommandLine<typeof OPTIONS>;
