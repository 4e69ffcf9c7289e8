/** The server of the container: its port, its jobs, the metrics of its process and its end. */

import type { Logger } from '@aws-lambda-powertools/logger';
import { lazyJobs } from '@pilotlight/app/internal/jobs/lazy-jobs';
import type { RequestContext } from '@pilotlight/app/internal/serve/ports';
import { endOnSignals } from '@pilotlight/app/internal/serve/signals';
import { readJobPlace } from '@pilotlight/app/internal/settings/job-place';
import type { ServerConfig } from '@pilotlight/app/internal/settings/server';
import { GoldenChecks } from './metrics/golden-checks.ts';
import { GpuMetrics } from './metrics/gpu-metrics.ts';
import { ProcessMetrics } from './metrics/process-metrics.ts';
import type { ServedModels } from './models.ts';
import { createService } from './service.ts';

const IN_BACKGROUND: RequestContext = { background: true };

/** Resolves once the server listens. */
export async function serve(config: ServerConfig, models: ServedModels, logger: Logger): Promise<void> {
  const settings = config.server;
  const processMetrics = new ProcessMetrics();
  const gpus = new GpuMetrics();
  const checks = new GoldenChecks({
    loaded: () => models.engine.loaded(),
    isIdle: () => drain.inFlight === 0 && (jobs?.running ?? 0) === 0,
    logger,
  });
  if (models.executionProvider !== 'cpu') void gpus.watch();
  const place = readJobPlace(config.shared);
  // A model that is followed may have no version yet: a job waits for it.
  const names = async () => [
    ...(models.rollout?.names ?? []),
    ...(await models.engine.models()).map(({ name }) => name),
  ];
  const { fetch, drain, listen, dispose } = await createService({
    config,
    models,
    logger,
    ...(place && { elsewhere: { jobs: lazyJobs(place, names) } }),
    renderMore: () => (jobs?.render() ?? '') + gpus.render() + checks.render() + processMetrics.render(),
  });
  // The clients of S3 and SQS are loaded only where there is a queue.
  const worker = place && (await import('./jobs/job-worker.ts'));
  const jobs =
    place && worker?.startJobWorker(place, settings, async (job) => fetch(job, IN_BACKGROUND), logger);
  endOnSignals(async (signal) => {
    logger.info('Draining', { signal, inFlight: drain.inFlight, jobs: jobs?.running ?? 0 });
    const grace = settings.PILOTLIGHT_SHUTDOWN_GRACE_MS;
    const [inTime] = await Promise.all([drain.close(grace), jobs?.stop(grace)]);
    if (!inTime) logger.error('Requests were still under way at the end of the grace', {});
    // Those whose connections were cut have left the queue, so that this waits for one batch at most.
    await dispose();
    return inTime ? 0 : 1;
  });
  checks.start();
  await listen(settings.PILOTLIGHT_PORT, settings.PILOTLIGHT_HOST);
}
