/** The app's own routes: jobs, models, and what operators ask. */
import { defineGroup } from '../serve/wire-format.ts';
import { routes } from './routes.ts';

export const service = defineGroup({
  routes,
  codecs: async () => (await import('./codec.ts')).codecs,
  openapi: () => import('./openapi.ts'),
});
