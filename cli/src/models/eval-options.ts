import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  compare: {
    type: 'string',
    value: 'MODEL',
    help: 'the package or variant that was there before, on the same rows',
  },
  gate: {
    type: 'string',
    value: 'GATES',
    help: 'what must be true, with commas between: accuracy>=0.9,flips<=5',
  },
  slice: { type: 'string', value: 'COLUMN', multiple: true, help: 'judge the values of a column apart, too' },
  columns: {
    type: 'string',
    value: 'LIST',
    help: 'columns of the file that stand for fields: text=review,label=stars',
  },
  parameters: { type: 'string', value: 'JSON', help: 'parameters of each call, such as {"num_beams": 4}' },
  out: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    help: 'write the report: .html as a page with plots, .md as Markdown, .json for models promote --report',
  },
  mistakes: { type: 'string', value: 'N', default: '50', help: 'mistakes in the report, the worst first' },
  seed: { type: 'string', value: 'N', default: '0', help: 'of the draws that intervals come from' },
  'packages-b': {
    type: 'string',
    value: 'DIR',
    help: 'folder of packages of --compare',
    otherwise: 'that of MODEL',
  },
  threads: {
    type: 'string',
    value: 'N',
    help: 'threads of one operator',
    otherwise: 'one for each core',
  },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type EvalLine = CommandLine<typeof OPTIONS>;
