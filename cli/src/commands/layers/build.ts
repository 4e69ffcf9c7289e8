import { defineCommand } from '../../kit/command.ts';
import { NOTES, OPTIONS } from '../../layers/line.ts';

export const command = defineCommand({
  summary: 'write the layers, and print their sizes',
  usage: ['[OPTIONS]'],
  options: OPTIONS,
  notes: NOTES,
  examples: [
    'pilotlight layers build --arch x64 --models sentiment,intent',
    'pilotlight layers build --json > layers.json',
  ],
  run: async (line, { stdout }) => {
    const [{ build }, { layersOptions }] = await Promise.all([
      import('../../layers/build.ts'),
      import('../../layers/options.ts'),
    ]);
    stdout.write(`${build(layersOptions(line))}\n`);
    return undefined;
  },
});
