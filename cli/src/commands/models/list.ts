import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/list-options.ts';

export const command = defineCommand({
  summary: 'list the packages, broken ones with the reason',
  usage: ['[OPTIONS]'],
  description: 'Lists the packages that there are, and the tier that the catalog gives them.',
  options: OPTIONS,
  examples: ['pilotlight models list', 'pilotlight models list --json'],
  run: async (line, terminal) => (await import('../../models/list.ts')).list(line, terminal),
});
