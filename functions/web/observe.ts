/** What a web function tells of its work beside its answers: metrics as lines of its log, as functions do. */
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { ServerConfig } from '@pilotlight/app/internal/settings/server';
import { type EmfTelemetry, emfTelemetry } from '@pilotlight/app/internal/telemetry/emf';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { reportColdStart } from '../predict/cold-start.ts';
import type { PredictModel } from '../predict/ports.ts';

export interface Observed {
  /** Where the metrics of drift go. */
  readonly metrics: Metrics;
  readonly emf: EmfTelemetry;
  /** Tells of the start, `initMs` after which the process listened, and of the loads that requests waited for. */
  started(initMs: number, models: readonly PredictModel[]): void;
}

/** Powertools writes to the standard output itself: what goes through `console`, Lambda wraps, and finds no metrics in it. */
export function observe({ server, shared }: ServerConfig): Observed {
  const { PILOTLIGHT_FUNCTION_NAME: functionName } = server;
  const {
    PILOTLIGHT_METRICS_NAMESPACE: namespace,
    PILOTLIGHT_REQUEST_METRICS: requests,
    PILOTLIGHT_STAGE_METRICS: stages,
  } = shared;
  const metrics = new Metrics({ namespace, serviceName: SERVICE });
  return {
    metrics,
    emf: emfTelemetry(metrics, { requests, stages }),
    // There is no warm-up, so that a request waited for every environment but those that Lambda started ahead of need.
    started: (initMs, models) =>
      reportColdStart(metrics, { functionName, initMs, felt: true, models, stages }),
  };
}
