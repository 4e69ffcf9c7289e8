/** The HTTP app of the local service. Imported while models load. */
import { createApp } from '@pilotlight/app/internal/app';
import type { AppOptions } from '@pilotlight/app/internal/serve/ports';
import type { Config } from '@pilotlight/app/internal/settings/config';
import { appOptions } from '@pilotlight/app/internal/settings/engine-options';
import { watchDrift } from '@pilotlight/app/internal/settings/watch-drift';
import { PrometheusMetrics } from '@pilotlight/app/internal/telemetry/prometheus';
import type { Engine } from '@pilotlight/engine';
import { consoleLogger, requestLog } from './logging.ts';

export { listen } from './service.ts';

export function createLocalApp(
  engine: Engine,
  config: Config,
  quiet: boolean,
  elsewhere: Partial<AppOptions>,
) {
  const metrics = new PrometheusMetrics(
    () => engine.loaded().length,
    () => engine.answerCache,
  );
  const drift = watchDrift(config, undefined, consoleLogger);
  return createApp({
    engine,
    logger: consoleLogger,
    ...appOptions(config),
    ...elsewhere,
    telemetry: [metrics, ...(drift ? [drift] : []), ...(quiet ? [] : [requestLog])],
    renderMetrics: () => metrics.render() + (drift?.render() ?? ''),
  });
}
