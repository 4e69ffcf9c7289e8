import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  provider: {
    type: 'string',
    value: 'NAME',
    default: 'cpu',
    help: 'execution provider: cpu, cuda or webgpu; variants that it cannot run run on the CPU',
  },
  function: {
    type: 'string',
    value: 'ARN',
    help: 'deployed function that runs its goldens itself, in the account: the ARN of its alias, or several with commas between',
  },
  'signed-by': {
    type: 'string',
    value: 'FILE',
    help: 'public keys in PEM, one of which must have signed each package',
  },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type VerifyLine = CommandLine<typeof OPTIONS>;
