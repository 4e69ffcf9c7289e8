/**
 * Every route that the app serves, that the OpenAPI document describes, that API Gateway forwards. Plain data: a format
 * adds its own in its folder.
 */

import { formats } from './formats/index.ts';
import type { Route } from './serve/route.ts';
import { routes as documentation } from './service/docs/routes.ts';

export type { Route } from './serve/route.ts';

import { routes as service } from './service/routes.ts';

export const routes = {
  ...formats['hugging-face'].routes,
  ...formats.openai.routes,
  ...formats.tei.routes,
  ...formats.tgi.routes,
  ...formats['open-inference'].routes,
  ...formats.sagemaker.routes,
  ...formats.allennlp.routes,
  ...service,
  ...documentation,
};

export type RouteName = keyof typeof routes;

/** The route of that name; nothing for a request that no route took. */
export function findRoute(name: string): Route | undefined {
  return Object.hasOwn(routes, name) ? routes[name as RouteName] : undefined;
}
