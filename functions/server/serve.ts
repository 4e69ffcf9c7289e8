/** The HTTP app of the server on a port, with its metrics, its jobs and its end. */

import { once } from 'node:events';
import type { Logger } from '@aws-lambda-powertools/logger';
import { createApp } from '@pilotlight/app/internal/app';
import { formats } from '@pilotlight/app/internal/formats/index';
import { lazyJobs } from '@pilotlight/app/internal/jobs/lazy-jobs';
import { Drain } from '@pilotlight/app/internal/serve/drain';
import { createHttpServer } from '@pilotlight/app/internal/serve/node-server';
import type { RequestContext } from '@pilotlight/app/internal/serve/ports';
import { endOnSignals } from '@pilotlight/app/internal/serve/signals';
import { callerOptions } from '@pilotlight/app/internal/settings/caller-options';
import { appOptions } from '@pilotlight/app/internal/settings/engine-options';
import { readJobPlace } from '@pilotlight/app/internal/settings/job-place';
import type { ServerConfig } from '@pilotlight/app/internal/settings/server';
import { isTraced, type TracingSettings } from '@pilotlight/app/internal/settings/tracing';
import { PrometheusMetrics } from '@pilotlight/app/internal/telemetry/prometheus';
import { listeningPort } from '@pilotlight/model-format/internal/listening-port';
import { GpuMetrics } from './metrics/gpu-metrics.ts';
import { ProcessMetrics } from './metrics/process-metrics.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import type { ServedModels } from './models.ts';

const IN_BACKGROUND: RequestContext = { background: true };

/** Resolves once the server listens. */
export async function serve(
  { server: settings, shared }: ServerConfig,
  models: ServedModels,
  logger: Logger,
): Promise<void> {
  const { engine, executionProvider } = models;
  const tracing = isTraced(settings) ? await trace(settings, logger) : undefined;
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
  const processMetrics = new ProcessMetrics();
  const gpus = new GpuMetrics();
  if (executionProvider !== 'cpu') void gpus.watch();
  const place = readJobPlace(shared);
  const names = async () => (await engine.models()).map(({ name }) => name);
  const { callers } = await callerOptions(shared, { logger, frozen: false });
  const app = createApp({
    engine,
    logger,
    ...appOptions(shared),
    computeType: executionProvider === 'cpu' ? 'cpu' : 'gpu',
    telemetry: [metrics, ...(tracing ? [tracing] : [])],
    renderMetrics: () =>
      metrics.render() + served.render() + (jobs?.render() ?? '') + gpus.render() + processMetrics.render(),
    readiness: models.preloaded,
    ...(callers && { callers }),
    ...(place && { jobs: lazyJobs(place, names) }),
  });
  const fetch = tracing ? tracing.around(app.fetch) : app.fetch;
  const server = createHttpServer({ fetch });
  const drain = new Drain(server);
  // The clients of S3 and SQS are loaded only where there is a queue.
  const worker = place && (await import('./jobs/job-worker.ts'));
  const jobs =
    place && worker?.startJobWorker(place, settings, async (job) => fetch(job, IN_BACKGROUND), logger);
  endOnSignals(async (signal) => {
    logger.info('Draining', { signal, inFlight: drain.inFlight, jobs: jobs?.running ?? 0 });
    const grace = settings.PILOTLIGHT_SHUTDOWN_GRACE_MS;
    const [inTime] = await Promise.all([drain.close(grace), jobs?.stop(grace)]);
    if (!inTime) logger.error('Requests were still under way at the end of the grace', {});
    await callers?.quotas?.settle();
    // Those whose connections were cut have left the queue, so that this waits for one batch at most.
    await engine.dispose();
    await tracing?.shutdown();
    return inTime ? 0 : 1;
  });
  server.listen(settings.PILOTLIGHT_PORT, settings.PILOTLIGHT_HOST);
  await once(server, 'listening');
  logger.info('Listening', { host: settings.PILOTLIGHT_HOST, port: listeningPort(server) });
  // While models load, this thread has nothing else to do, and the first request in a format need not wait for its modules.
  await Promise.all(Object.values(formats).map(({ codecs }) => codecs()));
}

/** Loads OpenTelemetry only if traces are asked for. */
async function trace(settings: TracingSettings, logger: Logger) {
  const { startTracing } = await import('../tracing/tracing.ts');
  return startTracing(settings, logger);
}
