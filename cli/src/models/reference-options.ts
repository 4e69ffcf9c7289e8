import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  texts: {
    type: 'string',
    value: 'FILE',
    help: 'texts as the model is asked them: one a line, or .jsonl with {"text", "pair"?}; 200 or more, and some thousands are better',
  },
  source: {
    type: 'string',
    value: 'WORDS',
    help: 'where they are from, for the record',
    otherwise: 'the name of the file',
  },
  ...COMMON,
  ...QUIET,
} as const satisfies Options;

export type ReferenceLine = CommandLine<typeof OPTIONS>;
