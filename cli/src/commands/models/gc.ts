import { defineCommand } from '../../kit/command.ts';
import { GC } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'remove versions that nothing means, and what interrupted pushes have left',
  usage: ['[NAME] [OPTIONS]'],
  description:
    'Removes versions beyond the last --keep that were pushed, and that no alias meant, for --older-than days. What an alias means, or would go back to, stays. The history keeps a line of each.',
  options: GC,
  examples: [
    'pilotlight models gc --dry-run',
    'pilotlight models gc sentiment --keep 3 --older-than 30 --because "the bill"',
  ],
  run: async (line, terminal) => {
    await (await import('../../models/registry/gc.ts')).gc(line, terminal);
    return undefined;
  },
});
