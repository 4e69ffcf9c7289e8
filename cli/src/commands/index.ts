/** The commands: a command is one file here, and its name in this record. */
import type { Registry } from '../kit/command.ts';

export const COMMANDS: Registry = {
  start: () => import('./start.ts'),
  predict: () => import('./predict.ts'),
  batch: () => import('./batch.ts'),
  models: () => import('./models.ts'),
  layers: () => import('./layers.ts'),
  synth: () => import('./synth.ts'),
  diff: () => import('./diff.ts'),
  deploy: () => import('./deploy.ts'),
  destroy: () => import('./destroy.ts'),
  bench: () => import('./bench.ts'),
  init: () => import('./init.ts'),
  doctor: () => import('./doctor.ts'),
};
