/** The routes of the documentation. */
import { defineGroup } from '../../serve/wire-format.ts';
import { routes } from './routes.ts';

export const documentation = defineGroup({
  routes,
  codecs: async () => (await import('./codec.ts')).codecs,
  openapi: () => import('./openapi.ts'),
});
