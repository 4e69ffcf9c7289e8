/** Whether the models still answer as their packages say: a golden at a time. */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { type GoldenCheck, PilotlightError } from '@pilotlight/engine';
import type { Logger } from '../shared/api/ports.ts';
import { addMetrics } from '../shared/emf.ts';
import type { SelfCheck } from '../shared/warm-up.ts';
import { type PredictModel, refOf } from './ports.ts';

export interface SelfCheckParts {
  readonly loaded: () => readonly PredictModel[];
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * A function that runs one golden of one model, another model each time, and publishes what came of it. Never rejects:
 * a model that drifts, or can not be run, is reported. Null where no model is loaded.
 */
export function selfChecks({ loaded, logger, metrics }: SelfCheckParts): () => Promise<SelfCheck | null> {
  let turn = 0;
  return async () => {
    const models = [...loaded()].sort((left, right) => (refOf(left) < refOf(right) ? -1 : 1));
    const model = models[turn++ % models.length];
    if (!model) return null;
    const ref = refOf(model);
    const { line, drift, problem } = await check(model, logger);
    if (problem !== undefined || (drift ?? 0) > 1) {
      logger.error('A model does not answer as its golden says', { model: ref, line, drift, problem });
    }
    metrics.addDimension('model', model.manifest.name);
    addMetrics(metrics, {
      GoldenFailures: problem === undefined ? 0 : 1,
      ...(drift === undefined ? {} : { GoldenDrift: drift }),
    });
    metrics.publishStoredMetrics();
    return {
      model: ref,
      ...(drift === undefined ? {} : { drift }),
      ...(problem === undefined ? {} : { problem }),
    };
  };
}

async function check(model: PredictModel, logger: Logger): Promise<Partial<GoldenCheck>> {
  try {
    return await model.checkGolden();
  } catch (error) {
    logger.error('A golden could not be run', { model: refOf(model), error });
    return { problem: PilotlightError.is(error) ? error.message : 'The golden could not be run.' };
  }
}
