import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLONE } from '../clone.ts';
import { type Command, defineCommand } from '../kit/command.ts';
import { CliError } from '../kit/errors.ts';

const elsewhere = defineCommand({
  summary: 'measure Pilotlight against its peers, in a clone of the repository',
  usage: [''],
  options: {},
  examples: ['pilotlight bench cold'],
  run: async () => {
    throw new CliError(
      'NO_CLONE',
      'The benchmark runs in a clone of the repository: git clone, then npm run bench.',
    );
  },
});

/** The benchmark is no part of what is installed: in a clone its own command takes this place. */
const BENCH = join(CLONE ?? '', 'test/bench/command.ts');
const own: { readonly command: Command } =
  CLONE !== undefined && existsSync(BENCH) ? await import(pathToFileURL(BENCH).href) : { command: elsewhere };

export const { command } = own;
