/** Which route of the API takes a request: those of the one route table, as the deployed API has them. */
import { routes } from '@pilotlight/app/internal/routes';

export interface MatchedRoute {
  /** Such as `POST /models/{model}`. */
  readonly routeKey: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
}

const PATTERNS = Object.values(routes).map(({ method, path }) => ({
  method: method.toUpperCase(),
  routeKey: `${method.toUpperCase()} ${path}`,
  pattern: new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
}));

/** Undefined where API Gateway would answer 404. */
export function matchRoute(method: string, path: string): MatchedRoute | undefined {
  for (const { method: wanted, routeKey, pattern } of PATTERNS) {
    const match = wanted === method ? pattern.exec(path) : null;
    if (match) return match.groups ? { routeKey, pathParameters: { ...match.groups } } : { routeKey };
  }
  return undefined;
}
