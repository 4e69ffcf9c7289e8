import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/verify-options.ts';

export const command = defineCommand({
  summary: 'prove packages: files, sums and every golden answer, through the serving engine',
  usage: ['[NAME | NAME@VERSION | all] [OPTIONS]'],
  description: 'Proves that packages are intact and answer on this machine as they did when they were made.',
  options: OPTIONS,
  examples: [
    'pilotlight models verify',
    'pilotlight models verify sentiment@1.0.0',
    'pilotlight models verify large --provider cuda',
  ],
  run: async (line, terminal) => (await import('../../models/verify.ts')).verify(line, terminal),
});
