import { defineCommand } from '../../kit/command.ts';
import { RETIRE } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'let an alias mean nothing: the end of a canary or a shadow',
  usage: ['NAME --alias ALIAS --because TEXT [OPTIONS]'],
  description: 'Ends what an alias means. The version that it meant stays in the registry.',
  options: RETIRE,
  examples: ['pilotlight models retire sentiment --alias canary --because "it is prod now"'],
  run: async (line, terminal) => {
    await (await import('../../models/registry/move.ts')).retire(line, terminal);
    return undefined;
  },
});
