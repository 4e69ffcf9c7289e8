/** The routes of the documentation. */
import type { Route } from '../../serve/route.ts';

export const routes = {
  openapi: {
    method: 'get',
    path: '/openapi.json',
    tag: 'Documentation',
    summary: 'This description',
  },
  docs: {
    method: 'get',
    path: '/docs',
    tag: 'Documentation',
    summary: 'This description as a page from which requests can be sent',
  },
  home: {
    method: 'get',
    path: '/',
    tag: 'Documentation',
    summary: 'Leads to /docs',
  },
} as const satisfies Record<string, Route>;
