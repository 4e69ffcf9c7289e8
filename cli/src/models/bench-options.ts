import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON } from './options.ts';

export const OPTIONS = {
  tokens: {
    type: 'string',
    value: 'LIST',
    default: '16,64,128',
    help: 'lengths to measure; an archive is timed by the inputs of its goldens',
  },
  runs: {
    type: 'string',
    value: 'N',
    help: 'calls of each length',
    otherwise: '100; 5 of a model that generates',
  },
  variant: {
    type: 'string',
    value: 'NAME',
    help: 'variant to time',
    otherwise: 'the one that is served',
  },
  threads: {
    type: 'string',
    value: 'N',
    help: 'threads of one operator',
    otherwise: 'one for each core',
  },
  ...COMMON,
} as const satisfies Options;

export type BenchLine = CommandLine<typeof OPTIONS>;
