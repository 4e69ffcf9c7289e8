import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  provider: {
    type: 'string',
    value: 'NAME',
    default: 'cpu',
    help: 'what runs the variants that it can: cpu, cuda, webgpu',
  },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type VerifyLine = CommandLine<typeof OPTIONS>;
