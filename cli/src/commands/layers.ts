import type { CommandGroup } from '../kit/command.ts';

export const command: CommandGroup = {
  summary: 'build what Lambda layers and the image of the server hold, or plan where models are put',
  commands: {
    build: () => import('./layers/build.ts'),
    plan: () => import('./layers/plan.ts'),
    image: () => import('./layers/image.ts'),
  },
};
