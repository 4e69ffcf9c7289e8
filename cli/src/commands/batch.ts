import { OPTIONS } from '../batch/options.ts';
import { defineCommand } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';

export const command = defineCommand({
  summary: 'predict every row of a file, or move failed uploads back to their queue',
  usage: ['FILE --model NAME [OPTIONS]', 'redrive --queue ARN [--endpoint URL]'],
  description: `FILE is a .jsonl, .jsonl.gz, .csv, .csv.gz or .txt; docs/reference/batch-files.md describes the rows. "redrive" moves the messages of a dead-letter queue back to their queue, so that their files are tried again.`,
  options: OPTIONS,
  examples: [
    'pilotlight batch reviews.jsonl --model sentiment',
    'pilotlight batch reviews.csv.gz --model sentiment --column review --output scores.jsonl',
    'pilotlight batch redrive --queue arn:aws:sqs:eu-west-1:123456789012:batch-dead-letters',
  ],
  run: async ({ values, positionals: [file, ...more] }, terminal) => {
    if (file === undefined) throw usageError('Name a file to predict.');
    if (more.length > 0) throw usageError('Name one file at a time.');
    if (file === 'redrive') {
      await (await import('../batch/redrive.ts')).redrive(values.queue, values.endpoint);
    } else await (await import('../batch/predict-file.ts')).predictRows(file, values, terminal);
    return undefined;
  },
});
