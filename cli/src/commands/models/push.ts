import { defineCommand } from '../../kit/command.ts';
import { PUSH } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'put a package into a registry',
  usage: ['NAME[@VERSION] [OPTIONS]'],
  description:
    'Compares each file of a package with its manifest, puts those that the registry lacks, model.json as the last, and enters the version into the history. A version is one package for good. A push that was interrupted goes on where it was.',
  options: PUSH,
  notes:
    'The exit code is 0 where the registry has this very package already, and 1 where it has another one under that version.',
  examples: [
    'pilotlight models push sentiment@1.0.0 --registry s3://acme-models/registry',
    'pilotlight models push sentiment --because "trained on the reviews of 2026"',
  ],
  run: async (line, terminal) => {
    await (await import('../../models/registry/push.ts')).push(line, terminal);
    return undefined;
  },
});
