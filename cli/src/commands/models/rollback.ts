import { defineCommand } from '../../kit/command.ts';
import { ROLLBACK } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'let an alias mean the version that it meant before',
  usage: ['NAME --because TEXT [OPTIONS]'],
  description:
    'Goes back to the version before the one that an alias means now, by its history. It needs no report.',
  options: ROLLBACK,
  notes:
    'Where the alias was rolled back less than ten minutes ago, nothing is done, and the exit code is 0: two people who see the same alarm go back one version. To go back further, say which version to leave with --from.',
  examples: [
    'pilotlight models rollback sentiment --because "wrong on questions"',
    'pilotlight models rollback sentiment --from 1.1.0 --because "this one, too"',
  ],
  run: async (line, terminal) => {
    await (await import('../../models/registry/move.ts')).rollback(line, terminal);
    return undefined;
  },
});
