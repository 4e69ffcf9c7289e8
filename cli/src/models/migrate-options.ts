import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON } from './options.ts';

export const OPTIONS = {
  to: {
    type: 'string',
    value: 'VERSION',
    help: 'version of the new package',
    otherwise: 'the next patch version',
  },
  ...COMMON,
} as const satisfies Options;

export type MigrateLine = CommandLine<typeof OPTIONS>;
