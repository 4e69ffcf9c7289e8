import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  tokens: {
    type: 'string',
    value: 'LIST',
    help: 'lengths of texts',
    otherwise: '16, 32 and so on, up to 512 or what the model takes; of an archive the inputs of its goldens',
  },
  batch: {
    type: 'string',
    value: 'LIST',
    help: 'texts at once',
    otherwise: '1,4,16; 1,4 of a model that generates',
  },
  runs: { type: 'string', value: 'N', default: '20', help: 'most runs of each shape' },
  threads: { type: 'string', value: 'N', help: 'threads of one operator', otherwise: 'one for each core' },
  out: { type: 'string', value: 'FILE', help: 'write the profile as a page of HTML with plots, or as .json' },
  svg: {
    type: 'string',
    value: 'DIR',
    help: 'write the plots: latency.svg, cpu.svg, memory.svg, throughput.svg',
  },
  trace: {
    type: 'string',
    value: 'FILE',
    help: 'write the operators and stages of some calls, to open at https://ui.perfetto.dev',
  },
  'no-store': { type: 'boolean', help: 'write no profile.json beside the package' },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type ProfileLine = CommandLine<typeof OPTIONS>;
