import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/migrate-options.ts';

export const command = defineCommand({
  summary: 'write a package of an earlier release as one of today, under a new version',
  usage: ['NAME@VERSION [OPTIONS]'],
  description:
    'Packages of earlier releases load as they are. This writes one as it would be made today, beside it: what a clock says moves to measured.json, and a whole tokenizer is divided. Weights, tokens and goldens are the same bytes; both packages are verified. It says so where there is nothing to do.',
  options: OPTIONS,
  examples: [
    'pilotlight models migrate sentiment@1.0.1',
    'pilotlight models migrate sentiment@1.0.1 --to 1.1.0',
  ],
  run: async (line, terminal) => (await import('../../models/migrate.ts')).migrate(line, terminal),
});
