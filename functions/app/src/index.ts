/**
 * @pilotlight/app: the HTTP app of Pilotlight.
 *
 * `createApp` gives a Hono app around an engine; `createHttpServer` puts it on a port. The settings come from the environment.
 */

export { createApp } from './app.ts';
export { type ErrorCode, STATUS_OF } from './http/error-codes.ts';
export { DEFAULT_LIMITS, type Limits } from './http/limits.ts';
export type { Jobs, JobView } from './jobs/job.ts';
export { type Route, type RouteName, routes } from './routes.ts';
export type { HandOver } from './serve/hand-over-port.ts';
export { createHttpServer } from './serve/node-server.ts';
export type { AppOptions, Exchange, Logger, PredictionRecord, Telemetry } from './serve/ports.ts';
export { type Config, readConfig } from './settings/config.ts';
export { appOptions, engineOptions } from './settings/engine-options.ts';
export { PrometheusMetrics } from './telemetry/prometheus.ts';
