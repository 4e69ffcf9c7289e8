/** The predict function: the HTTP app on API Gateway's events, with middy around it for the lifecycle. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import middy, { type Request as Invocation } from '@middy/core';
import { createApp } from '@pilotlight/app/internal/app';
import type { Limits } from '@pilotlight/app/internal/http/limits';
import type { Jobs } from '@pilotlight/app/internal/jobs/job';
import type { Callers } from '@pilotlight/app/internal/serve/callers-port';
import type { HandOver } from '@pilotlight/app/internal/serve/hand-over-port';
import type { ServingEngine, Telemetry } from '@pilotlight/app/internal/serve/ports';
import type { Rollout } from '@pilotlight/app/internal/serve/rollout-port';
import type { Siblings } from '@pilotlight/app/internal/serve/siblings-port';
import type { Preload } from '@pilotlight/app/internal/settings/preload';
import type { LazyDrift } from '@pilotlight/app/internal/telemetry/drift/lazy-drift';
import { PrometheusMetrics } from '@pilotlight/app/internal/telemetry/prometheus';
import type { StageSetting } from '@pilotlight/app/internal/telemetry/stage-metrics';
import type { Hono } from 'hono';
import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { errorBoundary } from './error-boundary.ts';
import type { Extension } from './extension.ts';
import { readHttpEvent } from './http-event.ts';
import { lifecycle } from './lifecycle.ts';
import type { PredictEngine } from './ports.ts';

export interface HandlerDependencies {
  readonly engine: PredictEngine;
  readonly preload: Preload;
  /** Settles, with the milliseconds since the process began, once all of `preload` has. */
  readonly ready: Promise<number>;
  readonly limits: Limits;
  /** See `AppOptions`. */
  readonly defaultModel?: string;
  /** See `AppOptions`. */
  readonly basePath?: string;
  /** See `AppOptions`. */
  readonly handOver?: HandOver;
  /** See `AppOptions`. */
  readonly jobs?: Jobs;
  /** See `AppOptions`. */
  readonly siblings?: Siblings;
  /** See `AppOptions`. */
  readonly rollout?: Rollout<ServingEngine> | undefined;
  /** See `AppOptions`. */
  readonly callers?: Callers;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Writes metrics of requests. */
  readonly emf: Telemetry;
  /** How the phases of a load are told. */
  readonly stages: StageSetting;
  /** @default - nobody watches whether traffic drifts */
  readonly drift?: LazyDrift | undefined;
  /** @default - OpenTelemetry traces nothing */
  readonly tracing?: RequestTracing;
  /** Is told of every answer. @default - nothing is done after an answer */
  readonly extension?: Extension | undefined;
}

/** Answers the events of Lambda by an app. */
export type Adapter<Result> = (app: Hono) => (event: LambdaEvent, context: LambdaContext) => Promise<Result>;

/** Traces requests, by what the app tells and by what comes in. */
interface RequestTracing extends Telemetry {
  around(fetch: Hono['fetch']): Hono['fetch'];
}

/** Takes API Gateway's events (payload format 2.0) and warm-ups; anything else is an invocation that fails. */
export function createHandler(dependencies: HandlerDependencies) {
  return createAdaptedHandler(dependencies, handle);
}

/** The same with results that `adapt` makes of the app's answers. */
export function createAdaptedHandler<Result>(dependencies: HandlerDependencies, adapt: Adapter<Result>) {
  const { engine, preload, ready, logger, metrics, stages, extension, ...others } = dependencies;
  const { emf, tracing, drift, rollout, ...options } = others;
  const prometheus = new PrometheusMetrics(() => engine.loaded().length);
  const app = createApp({
    ...options,
    ...(rollout && { rollout }),
    engine,
    logger,
    telemetry: [emf, prometheus, ...(drift ? [drift] : []), ...(tracing ? [tracing] : [])],
    renderMetrics: () => prometheus.render() + (drift?.render() ?? ''),
    readiness: preload,
  });
  if (tracing) app.fetch = tracing.around(app.fetch);
  const answer = adapt(app);
  type Context = Invocation['context'];
  const handler = middy((event: unknown, context: Context) => answer(readHttpEvent(event), context))
    .use(lifecycle({ ready, loaded: () => engine.loaded(), logger, metrics, stages }))
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(errorBoundary(logger));
  // Not a middleware, because those after the handler are passed over for a warm-up.
  return async (event: unknown, context: Context) => {
    try {
      return await handler(event, context);
    } finally {
      extension?.answered();
    }
  };
}
