import type { RouteName } from '@pilotlight/app/internal/routes';
import { CfnStage, type HttpRoute, type HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { InfraError } from './errors.ts';

export interface Throttle {
  /** Requests per second, on average. */
  readonly rate: number;
  /** Requests at once. */
  readonly burst: number;
}

export interface ThrottleProps extends Throttle {
  /** Routes with limits of their own, by their names in the route table. @default - all have the same */
  readonly routes?: Readonly<Partial<Record<RouteName, Throttle>>>;
}

/** @default - 100 requests per second, 200 at once */
export const DEFAULT_THROTTLE: ThrottleProps = { rate: 100, burst: 200 };

/** A route of the API, and its name in the route table. */
export interface NamedRoute {
  readonly name: RouteName;
  /** As API Gateway writes it, such as `POST /models/{model}`. */
  readonly key: string;
  readonly route: HttpRoute;
}

/** @throws InfraError INVALID_PROPS */
export function checkThrottle({ routes = {}, ...all }: ThrottleProps): void {
  for (const [name, { rate, burst }] of Object.entries({ ...routes, all })) {
    if (rate > 0 && Number.isInteger(burst) && burst > 0) continue;
    throw new InfraError(
      'INVALID_PROPS',
      `throttle of ${name}: rate is ${rate} and burst ${burst}; both must be above 0, and burst whole.`,
    );
  }
}

/** The L2 stage has limits for all routes only. */
export function throttleRoutes(
  stage: HttpStage,
  all: readonly NamedRoute[],
  { routes = {} }: ThrottleProps,
): void {
  const { defaultChild } = stage.node;
  if (!(defaultChild instanceof CfnStage)) return;
  const limited = all.flatMap(({ name, key, route }) => {
    const throttle = routes[name];
    return throttle ? [{ key, route, throttle }] : [];
  });
  if (limited.length === 0) return;
  defaultChild.routeSettings = Object.fromEntries(
    limited.map(({ key, throttle: { rate, burst } }) => [
      key,
      { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst },
    ]),
  );
  for (const { route } of limited) stage.node.addDependency(route);
}
