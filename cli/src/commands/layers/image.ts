import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../layers/line.ts';

export const command = defineCommand({
  summary: "write the build context of the server's image",
  usage: ['[OPTIONS]'],
  options: OPTIONS,
  examples: ['pilotlight layers image --models sentiment'],
  run: async (line, { stdout }) => {
    const [{ image }, { layersOptions }] = await Promise.all([
      import('../../layers/image.ts'),
      import('../../layers/options.ts'),
    ]);
    stdout.write(`${image(layersOptions(line))}\n`);
    return undefined;
  },
});
