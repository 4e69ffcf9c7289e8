import { defineCommand } from '../../kit/command.ts';
import { HISTORY } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'tell who did what with a model in a registry, when and why',
  usage: ['NAME [OPTIONS]'],
  description:
    'Prints every action since the first push, with its reason and the gates that were passed, and what each alias means now. A history that was changed afterwards is refused.',
  options: HISTORY,
  examples: ['pilotlight models history sentiment', 'pilotlight models history sentiment --json'],
  run: async (line, terminal) => (await import('../../models/registry/history.ts')).history(line, terminal),
});
