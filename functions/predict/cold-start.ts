/** The metrics of an environment's start, published once. */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { isAwaited } from '@pilotlight/app/internal/settings/packing';
import { addMetrics } from '@pilotlight/app/internal/telemetry/emf';
import type { StageSetting } from '@pilotlight/app/internal/telemetry/stage-metrics';
import type { PredictModel } from './ports.ts';

export interface ColdStart {
  readonly functionName: string;
  /** From the start of the process to a handler that can be called. */
  readonly initMs: number;
  /** Whether a request waited for it, rather than a warm-up. */
  readonly felt: boolean;
  /** Models that were loaded meanwhile. */
  readonly models: readonly PredictModel[];
  /** How the phases of a load are told. */
  readonly stages: StageSetting;
}

/**
 * Publishes the time of the init phase and the phases of each load. `ColdStart` counts where a request waited: not
 * after a warm-up, and not where Lambda prepared the environment beforehand (provisioned concurrency, SnapStart).
 */
export function reportColdStart(
  metrics: Metrics,
  { functionName, initMs, felt, models, stages }: ColdStart,
): void {
  const awaited = isAwaited(process.env.AWS_LAMBDA_INITIALIZATION_TYPE ?? '');
  metrics.addDimension('function_name', functionName);
  addMetrics(metrics, { InitTime: initMs, ...(felt && awaited ? { ColdStart: 1 } : {}) });
  metrics.publishStoredMetrics();
  for (const { manifest, loadTimings } of models) {
    metrics.addDimension('model', manifest.name);
    const phases = {
      OpenTime: loadTimings.openMs,
      VerifyTime: loadTimings.verifyMs,
      TokenizerTime: loadTimings.tokenizerMs,
      SessionTime: loadTimings.sessionMs,
      LoadTime: loadTimings.totalMs,
    };
    addMetrics(metrics, phases, stages);
    metrics.publishStoredMetrics();
  }
}
