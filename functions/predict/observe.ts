/**
 * What the function tells of its work beside its answers: metrics in its log, traces to a collector where one is named, and what callers
 * have used where that is counted.
 */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { Callers } from '@pilotlight/app/internal/serve/callers-port';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import type { Config } from '@pilotlight/app/internal/settings/config';
import { readTracing } from '@pilotlight/app/internal/settings/tracing';
import { watchDrift } from '@pilotlight/app/internal/settings/watch-drift';
import { emfTelemetry } from '@pilotlight/app/internal/telemetry/emf';
import type { HandlerDependencies } from './create-handler.ts';

/** Kept of a function's time for the end of an invocation. */
const CLOSING_MS = 500;

type Observing = Pick<HandlerDependencies, 'emf' | 'stages' | 'tracing' | 'extension' | 'drift'>;

export interface ObserveDependencies {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** @default - nobody counts what callers use */
  readonly quotas: Callers['quotas'];
  /** Reads registries after answers. @default - names mean the same versions for ever */
  readonly rollout?: { settle(deadline: number): Promise<void> } | undefined;
}

/**
 * Loads OpenTelemetry only if traces are asked for. They are sent after the answer, by an extension, and so are counts; metrics that are held back
 * are written when Lambda tells the process of its end, which it does where there is an extension.
 *
 * @throws PilotlightError INVALID_CONFIGURATION
 */
export async function observe(dependencies: ObserveDependencies): Promise<Observing> {
  const { config, environment, metrics, logger, quotas, rollout } = dependencies;
  const { PILOTLIGHT_REQUEST_METRICS: requests, PILOTLIGHT_STAGE_METRICS: stages } = config;
  const emf = emfTelemetry(metrics, { requests, stages });
  const drift = watchDrift(config, metrics, logger);
  const settings = readTracing(environment);
  const tracing = settings
    ? await (await import('../tracing/tracing.ts')).startTracing(settings, logger)
    : undefined;
  const { AWS_LAMBDA_RUNTIME_API: address } = environment;
  const observing = { emf, stages, ...(drift && { drift }), ...(tracing && { tracing }) };
  const work = tracing ?? quotas ?? rollout;
  const isWanted = work !== undefined || requests === 'minute';
  if (address === undefined || !isWanted) return observing;
  process.once('SIGTERM', () => {
    emf.flush();
    void Promise.all([tracing?.shutdown(), quotas?.settle()]).then(() => process.exit(0));
  });
  const { startExtension } = await import('./extension.ts');
  const afterAnswer = async (deadline: number) => {
    await Promise.all([tracing?.flush(), quotas?.settle(), rollout?.settle(deadline - CLOSING_MS)]);
  };
  const extension = await startExtension({ address, ...(work && { afterAnswer }), logger });
  return { ...observing, extension };
}
