import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/profile-options.ts';

export const command = defineCommand({
  summary: 'measure time and memory by length and batch, and propose limits',
  usage: ['NAME[@VERSION][:VARIANT] [OPTIONS]'],
  description:
    'Runs a package with texts of several lengths, several at once, each shape in a fresh process. Tells time and memory of each, where the time of a call goes by stage and operator, and the limits that follow, each with its reason. The figures are kept in profile.json beside the package.',
  options: OPTIONS,
  examples: [
    'pilotlight models profile sentiment',
    'pilotlight models profile reviews --tokens 32,128,512 --batch 1,8 --threads 1 --out profile.html',
    'pilotlight models profile sentiment --trace trace.json',
  ],
  run: async (line, terminal) => (await import('../../models/profile.ts')).profile(line, terminal),
});
