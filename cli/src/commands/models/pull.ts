import { defineCommand } from '../../kit/command.ts';
import { PULL } from '../../models/registry/options.ts';

export const command = defineCommand({
  summary: 'fetch a package out of a registry, by its version or by an alias',
  usage: ['NAME[@VERSION | @ALIAS] [OPTIONS]'],
  description:
    'Fetches a version, or what an alias means now, into a folder of packages. Each file is compared before the package appears there, all of it at once. A package that is there and intact is not fetched again.',
  options: PULL,
  examples: [
    'pilotlight models pull sentiment@prod --registry s3://acme-models/registry',
    'pilotlight models pull sentiment@1.0.0 --packages ./models --json',
  ],
  run: async (line, terminal) => {
    await (await import('../../models/registry/pull.ts')).pull(line, terminal);
    return undefined;
  },
});
