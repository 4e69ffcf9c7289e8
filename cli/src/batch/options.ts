import { PACKAGES_DEFAULT } from '../clone.ts';
import type { CommandLine, Options } from '../kit/options.ts';

export const OPTIONS = {
  model: {
    type: 'string',
    short: 'm',
    value: 'NAME',
    help: 'the model, as sentiment or sentiment@1.0.0',
  },
  output: {
    type: 'string',
    short: 'o',
    value: 'FILE',
    help: 'file for the predictions',
    otherwise: 'FILE.MODEL.predictions.jsonl',
  },
  parameters: {
    type: 'string',
    value: 'JSON',
    help: `parameters of the model's task, such as '{"top_k": 1}'`,
  },
  column: {
    type: 'string',
    value: 'NAME',
    help: 'column or field that is the input, by itself',
    otherwise: 'inputs, the fields of the task, or text',
  },
  'id-column': { type: 'string', value: 'NAME', help: 'column or field of the ids', otherwise: 'id' },
  delimiter: {
    type: 'string',
    value: 'C',
    help: 'character between the fields of a CSV record',
    otherwise: ',',
  },
  packages: { type: 'string', value: 'DIR', help: 'folder of model packages', otherwise: PACKAGES_DEFAULT },
  json: { type: 'boolean', help: 'print a summary as JSON: rows, errors, seconds, output' },
  queue: { type: 'string', value: 'ARN', help: 'redrive: the dead-letter queue' },
  endpoint: {
    type: 'string',
    value: 'URL',
    help: 'redrive: address of SQS, for the queues of "pilotlight start"',
    otherwise: 'that of AWS',
  },
} as const satisfies Options;

export type BatchLine = CommandLine<typeof OPTIONS>;
