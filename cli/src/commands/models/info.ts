import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/info-options.ts';

export const command = defineCommand({
  summary: 'tell what a package holds, and what its int8 loses beside fp32',
  usage: ['NAME[@VERSION] [OPTIONS]'],
  description:
    'Tells the task, the limits and the source of a package, and of each variant its scheme, its size, its speed and what it loses beside fp32.',
  options: OPTIONS,
  examples: ['pilotlight models info sentiment', 'pilotlight models info sentiment@1.0.0 --json'],
  run: async (line, terminal) => (await import('../../models/info.ts')).info(line, terminal),
});
