import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  provider: {
    type: 'string',
    value: 'NAME',
    default: 'cpu',
    help: 'execution provider: cpu, cuda or webgpu; variants that it cannot run run on the CPU',
  },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type VerifyLine = CommandLine<typeof OPTIONS>;
