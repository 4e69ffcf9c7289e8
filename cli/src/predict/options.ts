import { PACKAGES_DEFAULT } from '../clone.ts';
import type { CommandLine, Options } from '../kit/options.ts';

export const OPTIONS = {
  model: {
    type: 'string',
    short: 'm',
    value: 'NAME',
    help: 'the model, with or without a version: sentiment, sentiment@1.0.0',
  },
  task: {
    type: 'string',
    short: 't',
    value: 'TASK',
    help: "a task to run instead of the model's own, where the model can do it",
  },
  file: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    help: 'texts from a file, one a line; in a .jsonl file a line is a string, or an object with "text" (and "text_pair") or "inputs"',
  },
  'top-k': {
    type: 'string',
    value: 'N',
    help: 'number of answers to print for each text; "all" prints every label',
  },
  pair: { type: 'string', value: 'TEXT', help: 'text-classification: the second text of a pair' },
  context: { type: 'string', value: 'TEXT', help: 'question-answering: the text that answers the questions' },
  labels: {
    type: 'string',
    value: 'LIST',
    help: 'zero-shot-classification: the labels to choose from, separated by commas',
  },
  query: { type: 'string', value: 'TEXT', help: 'text-ranking: the query that the texts are ranked for' },
  source: {
    type: 'string',
    value: 'TEXT',
    help: 'sentence-similarity: the text that the others are compared with',
  },
  input: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    help: "a field of the JSON that an archive's predictor reads, such as premise=...; a list or an object is JSON",
  },
  set: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    help: 'a parameter of the task, such as multi_label=true; of a model that generates num_beams=4',
  },
  stream: { type: 'boolean', default: false, help: 'of a model that generates: print the text as it comes' },
  truncate: {
    type: 'boolean',
    default: false,
    help: 'cut texts that are too long for the model, instead of refusing them',
  },
  json: {
    type: 'boolean',
    help: 'print one JSON object a text: {"text", "result"}, or {"inputs", "result"}',
  },
  packages: { type: 'string', value: 'DIR', help: 'folder of model packages', otherwise: PACKAGES_DEFAULT },
} as const satisfies Options;

export type PredictLine = CommandLine<typeof OPTIONS>;
