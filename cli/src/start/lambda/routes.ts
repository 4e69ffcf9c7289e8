import { routes } from '@pilotlight/app/internal/routes';

/** The routes of the deployed API. */
export const ROUTES: readonly string[] = Object.values(routes).map(
  ({ method, path }) => `${method.toUpperCase()} ${path}`,
);
