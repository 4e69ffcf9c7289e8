/** Finds the route of an HTTP API that takes a request. */

/** `POST /models/{model}`, `ANY /files/{path+}` for every method and the rest of a path, or `$default` for what no other takes. */
export type RouteKey = string;

export interface MatchedRoute {
  /** The route as it was declared. */
  readonly routeKey: RouteKey;
  readonly pathParameters?: Readonly<Record<string, string>>;
}

/** Gives nothing where API Gateway would answer 404. */
export type MatchRoute = (method: string, path: string) => MatchedRoute | undefined;

export const DEFAULT_ROUTE = '$default';

/**
 * Routes without a variable come before those with one, and these before those that take the rest of a path, as in API
 * Gateway: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function routeMatcher(keys: readonly RouteKey[]): MatchRoute {
  const hasDefault = keys.includes(DEFAULT_ROUTE);
  const routes = keys.filter((key) => key !== DEFAULT_ROUTE).map(parseRoute);
  routes.sort((one, other) => one.rank - other.rank);
  return (method, path) => {
    for (const { routeKey, wanted, pattern } of routes) {
      const match = wanted === 'ANY' || wanted === method ? pattern.exec(path) : null;
      if (match) return match.groups ? { routeKey, pathParameters: { ...match.groups } } : { routeKey };
    }
    return hasDefault ? { routeKey: DEFAULT_ROUTE } : undefined;
  };
}

function parseRoute(routeKey: RouteKey) {
  const [wanted = '', path = ''] = routeKey.split(' ');
  const source = path
    .split(/(\{\w+\+?\})/)
    .map((part) => {
      const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(part) ?? [];
      return name === undefined ? literal(part) : `(?<${name}>${greedy === '+' ? '.+' : '[^/]+'})`;
    })
    .join('');
  const rank = path.includes('+}') ? 2 : path.includes('{') ? 1 : 0;
  return { routeKey, wanted, rank, pattern: new RegExp(`^${source}$`) };
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
