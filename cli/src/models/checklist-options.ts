import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON } from './options.ts';

export const OPTIONS = {
  texts: {
    type: 'string',
    value: 'FILE',
    help: 'texts of the fingerprint, one a line or as .jsonl',
    otherwise: 'those that int8 is judged on',
  },
  report: {
    type: 'string',
    multiple: true,
    value: 'FILE',
    help: 'report of models eval --out, whose gates count',
  },
  'signed-by': {
    type: 'string',
    value: 'FILE',
    help: 'public keys in PEM, one of which must have signed the package',
  },
  ...COMMON,
} as const satisfies Options;

export type ChecklistLine = CommandLine<typeof OPTIONS>;
