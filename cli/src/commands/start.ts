import { defineCommand } from '../kit/command.ts';
import { OPTIONS } from '../start/options.ts';

export const command = defineCommand({
  summary: 'serve the model packages over HTTP on this machine',
  usage: ['[OPTIONS]'],
  options: OPTIONS,
  examples: [
    'pilotlight start',
    'pilotlight start --model sentiment --port 9000',
    'pilotlight start --server http://localhost:9090',
    'pilotlight start --lambda --model sentiment --memory 512',
    'pilotlight start --web --model sentiment',
    'PILOTLIGHT_MODELS_DIR=/srv/models pilotlight start --host 0.0.0.0',
  ],
  run: async (line) => (await import('../start/serve.ts')).serve(line),
});
