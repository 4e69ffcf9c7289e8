import { defineCommand } from '../../kit/command.ts';
import { PROMOTE } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'let an alias such as prod mean a version',
  usage: ['NAME[@VERSION | @ALIAS] --to ALIAS --because TEXT [OPTIONS]'],
  description:
    'Reads and compares every object of a version, and lets an alias mean it. Servers that follow the alias take the version over without a redeployment. The gates of a report are recorded; one that failed, or a report of another package, refuses the promotion, and so does a gate that "models require" asks for and the report lacks.',
  options: PROMOTE,
  notes:
    'The exit code is 0 where the alias means that version already, and 1 where the promotion is refused.',
  examples: [
    'pilotlight models promote sentiment@1.1.0 --to canary --share 0.05 --because "fewer mistakes on long texts"',
    'pilotlight models promote sentiment@canary --to prod --report eval.json --because "a day without a complaint"',
  ],
  run: async (line, terminal) => {
    await (await import('../../models/registry/move.ts')).promote(line, terminal);
    return undefined;
  },
});
