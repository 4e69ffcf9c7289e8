import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/bench-options.ts';

export const command = defineCommand({
  summary: 'time a package on this machine',
  usage: ['NAME[@VERSION] [OPTIONS]'],
  description: 'Times single calls of a package on this machine, through the serving engine.',
  options: OPTIONS,
  examples: ['pilotlight models bench sentiment --tokens 16,128 --threads 1'],
  run: async (line, terminal) => (await import('../../models/bench.ts')).bench(line, terminal),
});
