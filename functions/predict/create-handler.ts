/** The predict function: the HTTP app on API Gateway's events, with middy around it for the lifecycle. */
import type { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy, { type Request as Invocation } from '@middy/core';
import { createApp } from '@pilotlight/app/internal/app';
import { HttpError } from '@pilotlight/app/internal/http/errors';
import type { Limits } from '@pilotlight/app/internal/http/limits';
import type { Jobs } from '@pilotlight/app/internal/jobs/job';
import type { HandOver } from '@pilotlight/app/internal/serve/hand-over-port';
import type { Preload } from '@pilotlight/app/internal/settings/preload';
import { emfTelemetry } from '@pilotlight/app/internal/telemetry/emf';
import { PrometheusMetrics } from '@pilotlight/app/internal/telemetry/prometheus';
import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { errorBoundary } from './error-boundary.ts';
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
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Takes API Gateway's events (payload format 2.0) and warm-ups. */
export function createHandler({ engine, preload, ready, logger, metrics, ...options }: HandlerDependencies) {
  const prometheus = new PrometheusMetrics(() => engine.loaded().length);
  const app = createApp({
    ...options,
    engine,
    logger,
    telemetry: [emfTelemetry(metrics), prometheus],
    renderMetrics: () => prometheus.render(),
    readiness: preload,
  });
  const answer = handle(app);
  return middy((event: LambdaEvent, context: Invocation['context']) => answer(httpRequest(event), context))
    .use(lifecycle({ ready, loaded: () => engine.loaded(), logger, metrics }))
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .use(errorBoundary(logger));
}

/**
 * A stage other than $default is the first segment of the path, of which the app knows nothing; the body that API Gateway
 * passes on with a GET is none to the standard `Request`; and a body that comes as text is not compressed, whatever its header
 * says: API Gateway may have decompressed it.
 */
function httpRequest(event: LambdaEvent): LambdaEvent {
  if (event.requestContext === undefined) throw new HttpError('INTERNAL', 'The event is no HTTP request.');
  if (!('rawPath' in event) || !('http' in event.requestContext)) return event;
  const { stage, http } = event.requestContext;
  const rawPath = event.rawPath.startsWith(`/${stage}/`)
    ? event.rawPath.slice(stage.length + 1)
    : event.rawPath;
  const hasBody = http.method !== 'GET' && http.method !== 'HEAD';
  const { 'content-encoding': coding, ...plain } = event.headers;
  const headers = coding === undefined || event.isBase64Encoded ? event.headers : plain;
  return { ...event, rawPath, headers, body: hasBody ? event.body : null };
}
