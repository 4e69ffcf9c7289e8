/** Entry of the server: the HTTP app on a port, sessions in threads of their own, requests in shared batches. */

import { once } from 'node:events';
import { Logger } from '@aws-lambda-powertools/logger';
import { createApp } from '@pilotlight/app/internal/app';
import { lazyJobs } from '@pilotlight/app/internal/jobs/lazy-jobs';
import { Drain } from '@pilotlight/app/internal/serve/drain';
import { createHttpServer } from '@pilotlight/app/internal/serve/node-server';
import type { RequestContext } from '@pilotlight/app/internal/serve/ports';
import { endOnSignals } from '@pilotlight/app/internal/serve/signals';
import { appOptions, engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { readJobPlace } from '@pilotlight/app/internal/settings/job-place';
import { preload } from '@pilotlight/app/internal/settings/preload';
import { readServerConfig, type ServerConfig } from '@pilotlight/app/internal/settings/server';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { isTraced, type TracingSettings } from '@pilotlight/app/internal/settings/tracing';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { PrometheusMetrics } from '@pilotlight/app/internal/telemetry/prometheus';
import { Engine, PilotlightError } from '@pilotlight/engine';
import { listeningPort } from '@pilotlight/model-format/internal/listening-port';
import { batchingOn } from './batching.ts';
import { listServedModels } from './execution-provider/served-by.ts';
import { settleExecutionProvider } from './execution-provider/settle.ts';
import { startJobWorker } from './jobs/job-worker.ts';
import { ProcessMetrics } from './metrics/process-metrics.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';

keepHeapSmall();

const IN_BACKGROUND: RequestContext = { background: true };
const logger = new Logger({ serviceName: SERVICE });

async function serve({ server: settings, shared }: ServerConfig): Promise<void> {
  const { chosen: executionProvider } = await settleExecutionProvider(settings, logger);
  const tracing = isTraced(settings) ? await trace(settings) : undefined;
  const engine = new Engine({
    ...engineOptions(shared),
    executionProvider,
    sessions: 'worker',
    ...batchingOn(executionProvider, settings),
    maxQueuedRequests: shared.PILOTLIGHT_MAX_CONCURRENT_REQUESTS,
    onBatch: (batch) => served.ran(batch),
  });
  const metrics = new PrometheusMetrics(() => engine.loaded().length);
  const served = new ServerMetrics({
    queued: () => engine.loaded().reduce((sum, { queued }) => sum + queued, 0),
    inFlight: () => drain.inFlight,
    provider: () => executionProvider,
  });
  const processMetrics = new ProcessMetrics();
  const preloaded = preload(engine, shared.PILOTLIGHT_PRELOAD_MODELS, logger);
  void preloaded.settled.then(() => {
    logger.info('Models preloaded', { models: listServedModels(engine.loaded(), executionProvider) });
  });
  const place = readJobPlace(shared);
  const names = async () => (await engine.models()).map(({ name }) => name);
  const app = createApp({
    engine,
    logger,
    ...appOptions(shared),
    telemetry: [metrics, ...(tracing ? [tracing] : [])],
    renderMetrics: () =>
      metrics.render() + served.render() + (jobs?.render() ?? '') + processMetrics.render(),
    readiness: preloaded,
    watchClients: true,
    ...(place && { jobs: lazyJobs(place, names) }),
  });
  const fetch = tracing ? tracing.around(app.fetch) : app.fetch;
  const server = createHttpServer({ fetch });
  const drain = new Drain(server);
  const jobs = place && startJobWorker(place, settings, async (job) => fetch(job, IN_BACKGROUND), logger);
  endOnSignals(async (signal) => {
    logger.info('Draining', { signal, inFlight: drain.inFlight, jobs: jobs?.running ?? 0 });
    const grace = settings.PILOTLIGHT_SHUTDOWN_GRACE_MS;
    const [inTime] = await Promise.all([drain.close(grace), jobs?.stop(grace)]);
    if (!inTime) logger.error('Requests were still under way at the end of the grace', {});
    // Those whose connections were cut have left the queue, so that this waits for one batch at most.
    await engine.dispose();
    await tracing?.shutdown();
    return inTime ? 0 : 1;
  });
  server.listen(settings.PILOTLIGHT_PORT, settings.PILOTLIGHT_HOST);
  await once(server, 'listening');
  logger.info('Listening', { host: settings.PILOTLIGHT_HOST, port: listeningPort(server) });
}

/** Loads OpenTelemetry only if traces are asked for. */
async function trace(settings: TracingSettings) {
  const { startTracing } = await import('./tracing/tracing.ts');
  return startTracing(settings, logger);
}

try {
  await serve(readServerConfig(process.env));
} catch (error) {
  const message = PilotlightError.is(error) ? error.message : 'The server could not start';
  logger.error(message, { error });
  process.exit(1);
}
