import { routes } from '@pilotlight/app/internal/routes';

/** Those of the deployed API. */
export const ROUTES: readonly string[] = Object.values(routes).map(
  ({ method, path }) => `${method.toUpperCase()} ${path}`,
);
