/** The watch of drift as the settings ask for it. */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { EngineOptions } from '@pilotlight/engine';
import type { Logger } from '../serve/ports.ts';
import { LazyDrift } from '../telemetry/drift/lazy-drift.ts';
import { publishDrift } from '../telemetry/drift/publish-drift.ts';
import type { Config } from './config.ts';

/** The option of the engine by which there is something to watch. */
export function readingOptions({
  PILOTLIGHT_DRIFT: setting,
}: Pick<Config, 'PILOTLIGHT_DRIFT'>): Pick<EngineOptions, 'readings'> {
  return { readings: setting === 'on' };
}

/** Nothing where it is switched off. Windows become lines of log where `metrics` are given. */
export function watchDrift(
  { PILOTLIGHT_DRIFT: setting }: Pick<Config, 'PILOTLIGHT_DRIFT'>,
  metrics: Metrics | undefined,
  logger: Logger,
): LazyDrift | undefined {
  if (setting === 'off') return undefined;
  return new LazyDrift({ logger, ...(metrics && { publish: (report) => publishDrift(metrics, report) }) });
}
