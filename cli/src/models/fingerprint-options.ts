import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  model: {
    type: 'string',
    value: 'MODEL',
    multiple: true,
    help: 'package that reads them: NAME[@VERSION][:VARIANT]',
    otherwise: 'every package',
  },
  threads: { type: 'string', value: 'N', help: 'threads of one operator', otherwise: 'one for each core' },
  batch: { type: 'string', value: 'N', default: '32', help: 'texts of one call' },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type FingerprintLine = CommandLine<typeof OPTIONS>;
