import { defineCommand } from '../../kit/command.ts';
import { NOTES, OPTIONS } from '../../layers/line.ts';

export const command = defineCommand({
  summary: 'say where each model is put and why, and write nothing',
  usage: ['[OPTIONS]'],
  options: OPTIONS,
  notes: NOTES,
  examples: ['pilotlight layers plan'],
  run: async (line, { stdout }) => {
    const [{ plan }, { layersOptions }] = await Promise.all([
      import('../../layers/plan.ts'),
      import('../../layers/options.ts'),
    ]);
    stdout.write(`${plan(layersOptions(line))}\n`);
    return undefined;
  },
});
