import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON } from './options.ts';

export const OPTIONS = {
  ...COMMON,
  catalog: {
    type: 'string',
    value: 'FILE',
    help: 'file that says in which tier each model runs',
    otherwise: 'catalog.json beside the folder of packages, if there is one',
  },
} as const satisfies Options;

export type ListLine = CommandLine<typeof OPTIONS>;
