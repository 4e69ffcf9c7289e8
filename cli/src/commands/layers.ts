import type { CommandGroup } from '../kit/command.ts';

export const command: CommandGroup = {
  summary: 'build the Lambda layers and the image of the server, or plan where models go',
  commands: {
    build: () => import('./layers/build.ts'),
    plan: () => import('./layers/plan.ts'),
    image: () => import('./layers/image.ts'),
  },
};
