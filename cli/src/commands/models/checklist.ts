import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/checklist-options.ts';

export const command = defineCommand({
  summary: 'print the reproducibility checklist of a package; what is missing is an empty box',
  usage: ['NAME[@VERSION] [OPTIONS]'],
  description:
    'Proves the package by its goldens, makes the fingerprint of a corpus, and lists what somebody needs to make it again or to trust it: versions, sums, source, licence, gates, machine, signature. Markdown, for a pull request.',
  options: OPTIONS,
  notes:
    'An empty box is no failure: the exit code is 0 where the package itself is proven, and 1 where it is not.',
  examples: [
    'pilotlight models checklist sentiment',
    'pilotlight models checklist sentiment@1.0.1 --report eval.json --signed-by release.pub.pem > CHECKLIST.md',
  ],
  run: async (line, terminal) => (await import('../../models/checklist.ts')).checklist(line, terminal),
});
