import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  texts: {
    type: 'string',
    value: 'FILE',
    help: 'texts to compare on: one a line, or rows of a .jsonl file',
    otherwise: 'built-in ones',
  },
  'max-flips': {
    type: 'string',
    value: 'N',
    help: 'how many decisions may flip, or which share of them: 5, or 1%',
    otherwise: 'any number',
  },
  markdown: { type: 'boolean', help: 'print the comment of a pull request' },
  'hide-texts': { type: 'boolean', help: 'leave texts out of the comment: what is compared may be private' },
  record: {
    type: 'string',
    value: 'FILE',
    help: 'write the answers of A to a file, in place of a comparison',
  },
  'packages-b': { type: 'string', value: 'DIR', help: 'folder of packages of B', otherwise: 'that of A' },
  threads: { type: 'string', value: 'N', help: 'threads of one operator', otherwise: 'one for each core' },
  'no-latency': { type: 'boolean', help: 'time nothing' },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type DiffLine = CommandLine<typeof OPTIONS>;
