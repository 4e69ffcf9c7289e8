import { defineCommand } from '../../kit/command.ts';
import { MOVE } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'let an alias mean the version that it meant before',
  usage: ['NAME --because TEXT [OPTIONS]'],
  description:
    'Goes back to the version before the one that an alias means now, by its history; a second rollback goes back one further. It needs no report.',
  options: MOVE,
  notes:
    'Where somebody else moves the alias at the same moment, nothing is done and the exit code is 1, so that two rollbacks of two people do not go back two versions.',
  examples: ['pilotlight models rollback sentiment --because "wrong on questions"'],
  run: async (line, terminal) => {
    await (await import('../../models/registry/move.ts')).rollback(line, terminal);
    return undefined;
  },
});
