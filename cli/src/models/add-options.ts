import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON, QUIET } from './options.ts';

export const OPTIONS = {
  name: { type: 'string', value: 'NAME', help: 'what requests call the model (a-z 0-9 . _ -)' },
  task: {
    type: 'string',
    value: 'TASK',
    help: 'what the model is for',
    otherwise: 'what config.json says',
  },
  version: {
    type: 'string',
    value: 'VERSION',
    default: '1.0.0',
    help: 'semantic version of the package',
  },
  description: { type: 'string', value: 'TEXT', help: 'one line for GET /models' },
  revision: { type: 'string', value: 'REV', help: 'revision of the source, for the record' },
  decoding: {
    type: 'string',
    value: 'HOW',
    help: 'of a tagger: argmax, each token its best label, or constrained, the best sequence of well-formed spans; not for labels in IOB1',
    otherwise: 'argmax',
  },
  variants: {
    type: 'string',
    value: 'LIST',
    default: 'int8',
    help: 'of int8, fp32 and fp16, which is for GPUs; the first is served on the CPU',
  },
  'keep-fp32': { type: 'string', value: 'WEIGHTS', multiple: true, help: 'leave these weights in fp32' },
  'reduce-range': {
    type: 'boolean',
    default: false,
    help: '7-bit weights, for x86 processors without VNNI',
  },
  texts: {
    type: 'string',
    value: 'FILE',
    help: 'inputs of the goldens: one text a line, or .jsonl with {"text", "pair"?}',
  },
  'token-budget': {
    type: 'string',
    value: 'N',
    help: 'padded tokens of one batch',
    otherwise: 'measured, about 15 s a variant',
  },
  evaluate: {
    type: 'string',
    value: 'FILE',
    multiple: true,
    help: 'labelled rows to measure the quality on; each with --dataset and --split',
  },
  dataset: { type: 'string', value: 'NAME', multiple: true, help: 'what the model card calls the rows' },
  split: {
    type: 'string',
    value: 'SPLIT',
    multiple: true,
    help: 'train, dev or test',
    otherwise: 'test',
  },
  runtime: {
    type: 'string',
    value: 'RUNTIME',
    help: 'transformers.js, for tasks of images and sound: see docs/how-to/bring-in-a-model.md',
  },
  dtype: {
    type: 'string',
    value: 'DTYPE',
    help: 'with --runtime: which of its graphs to take',
    otherwise: 'q8 if there is one, else fp32',
  },
  ...COMMON,
  force: { type: 'boolean', default: false, help: 'replace this version if it exists' },
  ...QUIET,
} as const satisfies Options;

export type AddLine = CommandLine<typeof OPTIONS>;
