import { defineCommand } from '../../kit/command.ts';
import { REQUIRE } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'demand gates of every version that becomes an alias',
  usage: ['NAME [GATE...] --because TEXT [OPTIONS]'],
  description:
    'From now on a version becomes the alias only with a report in which each GATE has passed, written as models eval takes it. With --dataset a report counts that was written on those very bytes. Without a GATE nothing is demanded any more. A rollback is never held up.',
  options: REQUIRE,
  examples: [
    'pilotlight models require sentiment "accuracy>=0.9" "flips<=5" --dataset test.jsonl --because "agreed with support"',
    'pilotlight models require sentiment --alias canary --because "a canary may be worse"',
  ],
  run: async (line, terminal) => {
    await (await import('../../models/registry/move.ts')).requireGates(line, terminal);
    return undefined;
  },
});
