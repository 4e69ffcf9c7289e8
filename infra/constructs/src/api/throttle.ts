import type { RouteName } from '@pilotlight/app/internal/routes';
import { CfnStage, type HttpRoute, type HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type * as z from 'zod';
import type { throttleSchema } from './schema.ts';

export type Throttle = z.input<typeof throttleSchema>;

/** A route of the API, and its name in the route table. */
export interface NamedRoute {
  readonly name: RouteName;
  /** The route in API Gateway's words, such as `POST /models/{model}`. */
  readonly key: string;
  readonly route: HttpRoute;
}

/** Sets limits of single routes on the resource itself, because the L2 stage has limits for all routes only. */
export function throttleRoutes(
  stage: HttpStage,
  all: readonly NamedRoute[],
  { routes = {} }: Throttle,
): void {
  const { defaultChild } = stage.node;
  if (!(defaultChild instanceof CfnStage)) return;
  const limited = all.flatMap(({ name, key, route }) => {
    const throttle = routes[name];
    return throttle ? [{ key, route, throttle }] : [];
  });
  if (limited.length === 0) return;
  defaultChild.routeSettings = Object.fromEntries(
    limited.map(({ key, throttle: { ratePerSecond, burst } }) => [
      key,
      { ThrottlingRateLimit: ratePerSecond, ThrottlingBurstLimit: burst },
    ]),
  );
  for (const { route } of limited) stage.node.addDependency(route);
}
