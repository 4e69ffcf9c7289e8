/** The HTTP app on a port, with its metrics and its traces: what a container and a web function have in common. */

import { once } from 'node:events';
import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { createApp } from '@pilotlight/app/internal/app';
import { formats } from '@pilotlight/app/internal/formats/index';
import { Drain } from '@pilotlight/app/internal/serve/drain';
import { type ConnectionTimes, createHttpServer } from '@pilotlight/app/internal/serve/node-server';
import type { AppOptions, Telemetry } from '@pilotlight/app/internal/serve/ports';
import { callerOptions } from '@pilotlight/app/internal/settings/caller-options';
import { appOptions } from '@pilotlight/app/internal/settings/engine-options';
import type { ServerConfig } from '@pilotlight/app/internal/settings/server';
import { isTraced, type TracingSettings } from '@pilotlight/app/internal/settings/tracing';
import { watchDrift } from '@pilotlight/app/internal/settings/watch-drift';
import { PrometheusMetrics } from '@pilotlight/app/internal/telemetry/prometheus';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import type { Hono } from 'hono';
import { ServerMetrics } from './metrics/server-metrics.ts';
import type { ServedModels } from './models.ts';

export type Fetch = Hono['fetch'];

export interface ServiceOptions {
  readonly config: ServerConfig;
  readonly models: ServedModels;
  readonly logger: Logger;
  /** Where jobs are kept, and who else answers. @default - nobody */
  readonly elsewhere?: Pick<AppOptions, 'handOver' | 'jobs'>;
  /** Is told of requests beside the metrics of `/metrics`. @default - nobody */
  readonly telemetry?: readonly Telemetry[];
  /** Where drift is told of beside `/metrics`. @default - nowhere */
  readonly emf?: Metrics;
  /** More lines of `/metrics`. @default - none */
  readonly renderMore?: () => string;
  /** What stands around the app, such as a check of the caller's key. @default - nothing */
  readonly around?: (fetch: Fetch) => Fetch;
  /** How long callers may take. @default - those of a server that anybody may connect to */
  readonly times?: ConnectionTimes;
  /** Whether the process may stand still while it has no request. @default false */
  readonly mayFreeze?: boolean;
}

export interface Service {
  /** Answers a request as if it had come over the network. */
  readonly fetch: Fetch;
  readonly drain: Drain;
  /**
   * Resolves once the modules of all wire formats are loaded, to the milliseconds from the start of the process until it listened, which
   * is before.
   */
  listen(port: number, host: string): Promise<number>;
  /** Writes what callers have used, sends the last traces and frees the models, after `drain` has closed. */
  dispose(): Promise<void>;
}

export async function createService(options: ServiceOptions): Promise<Service> {
  const { config, models, logger, telemetry = [], around = (fetch) => fetch } = options;
  const { engine, executionProvider, rollout } = models;
  const { renderMore = () => '', times, mayFreeze = false, emf } = options;
  const drift = watchDrift(config.shared, emf, logger);
  const tracing = isTraced(config.server) ? await trace(config.server, logger) : undefined;
  const { callers } = await callerOptions(config.shared, { logger, frozen: false, mayFreeze });
  const metrics = new PrometheusMetrics(
    () => engine.loaded().length,
    () => engine.answerCache,
  );
  const served = new ServerMetrics({
    queued: () => engine.loaded().reduce((sum, { queued }) => sum + queued, 0),
    inFlight: () => drain.inFlight,
    provider: () => executionProvider,
  });
  models.onBatch = (batch) => served.ran(batch);
  const ending = new AbortController();
  const app = createApp({
    engine,
    logger,
    ...appOptions(config.shared),
    ...options.elsewhere,
    ...(callers && { callers }),
    ...(rollout && { rollout }),
    computeType: executionProvider === 'cpu' ? 'cpu' : 'gpu',
    telemetry: [metrics, ...telemetry, ...(drift ? [drift] : []), ...(tracing ? [tracing] : [])],
    renderMetrics: () => metrics.render() + served.render() + (drift?.render() ?? '') + renderMore(),
    readiness: models.preloaded,
    ending: ending.signal,
  });
  const guarded = around(app.fetch);
  const fetch = tracing ? tracing.around(guarded) : guarded;
  const server = createHttpServer({ fetch }, times);
  const drain = new Drain(server, ending);
  return {
    fetch,
    drain,
    listen: async (port, host) => {
      server.listen(port, host);
      await once(server, 'listening');
      const listenedMs = performance.now();
      logger.info('Listening', { host, port: listeningPort(server) });
      // While models load, this thread has nothing else to do, and the first request in a format need not wait for its modules.
      await Promise.all(Object.values(formats).map(({ codecs }) => codecs()));
      return listenedMs;
    },
    dispose: async () => {
      rollout?.close();
      // A model is freed when its last batch has run, for which a process that has a second to live may not wait.
      await Promise.all([callers?.quotas?.settle(), tracing?.shutdown()]);
      await engine.dispose();
    },
  };
}

/** Loads OpenTelemetry only if traces are asked for. */
async function trace(settings: TracingSettings, logger: Logger) {
  const { startTracing } = await import('../tracing/tracing.ts');
  return startTracing(settings, logger);
}
