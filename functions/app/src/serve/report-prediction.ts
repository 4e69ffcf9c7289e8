/** Tells telemetry of a prediction. */
import type { Prediction } from '@pilotlight/engine';
import { findChecksum } from '@pilotlight/model-format';
import type { Call } from './call.ts';
import type { AppDependencies, PredictionRecord } from './ports.ts';
import type { PredictionWork } from './wire-format.ts';

export function reportPrediction(
  { route, start }: Call,
  { telemetry }: AppDependencies,
  { model, summarise }: PredictionWork,
  prediction: Prediction,
): PredictionRecord {
  const { results, timings, tokens, batches, cached, readings } = prediction;
  const generation = summarise?.(prediction);
  const record: PredictionRecord = {
    model: prediction.model.name,
    version: prediction.model.version,
    variant: prediction.model.variant,
    route,
    checksum: findChecksum(model.manifest),
    inputs: results.length,
    timings,
    tokens,
    totalMs: performance.now() - start,
    batches,
    ...(cached !== undefined && { cached }),
    ...(readings && { readings, reference: async () => model.reference?.() }),
    ...(generation && { generation }),
  };
  for (const listener of telemetry) listener.predicted?.(record);
  return record;
}
