/** Whether the models still answer as their packages say: a golden at a time. */
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { SelfCheck } from '@pilotlight/app/internal/aws/warm-up';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { isFault, runGolden } from '@pilotlight/app/internal/serve/rollout/goldens';
import { addMetrics, publishOfVersion } from '@pilotlight/app/internal/telemetry/emf';
import { formatRef, type PredictModel } from './ports.ts';

export interface SelfCheckDependencies {
  readonly loaded: () => readonly PredictModel[];
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Neither method rejects: a model that drifts, or cannot be run, is reported. Each check is published. */
export interface SelfChecks {
  /** One golden of one model, another model each time. Null where no model is loaded. */
  one(): Promise<SelfCheck | null>;
  /**
   * Up to `goldens` of every model, none twice: one of each, then another of each, so that where `milliseconds` are
   * over before the last, every model has had its share.
   */
  every(goldens: number, milliseconds: number): Promise<SelfCheck[]>;
}

export function selfChecks({ loaded, logger, metrics }: SelfCheckDependencies): SelfChecks {
  let turn = 0;
  const inOrder = () =>
    loaded()
      .filter((model) => hasGoldens(model))
      .sort((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
  const checked = async (model: CheckedModel): Promise<SelfCheck> => {
    const ref = formatRef(model);
    const failed = (error: unknown) => logger.error('A golden could not be run', { model: ref, error });
    const result = { model: ref, ...(await runGolden(model, failed)) };
    const { drift, problem } = result;
    if (isFault(result)) logger.error('A model does not answer as its golden says', result);
    metrics.addDimension('model', model.manifest.name);
    addMetrics(metrics, {
      ...(problem !== undefined && { GoldenFailures: 1 }),
      ...(drift !== undefined && { GoldenDrift: drift }),
    });
    metrics.publishStoredMetrics();
    publishOfVersion(metrics, {
      ...(problem !== undefined && { VersionErrors: 1 }),
      ...(drift !== undefined && { VersionDrift: drift }),
    });
    return result;
  };
  return {
    one: async () => {
      const models = inOrder();
      const model = models[turn++ % models.length];
      return model ? checked(model) : null;
    },
    every: async (goldens, milliseconds) => {
      const end = performance.now() + milliseconds;
      const results: SelfCheck[] = [];
      const lines = new Set<string>();
      let models = inOrder();
      for (let round = 0; round < goldens && models.length > 0; round++) {
        const unfinished: CheckedModel[] = [];
        for (const model of models) {
          if (performance.now() > end) return results;
          const result = await checked(model);
          // A golden that comes again was the first one; goldens without a line cannot be told apart.
          const line = `${nameOf(model)} ${result.line}`;
          if (lines.has(line)) continue;
          lines.add(line);
          results.push(result);
          unfinished.push(model);
        }
        models = unfinished;
      }
      return results;
    },
  };
}

type CheckedModel = PredictModel & Required<Pick<PredictModel, 'checkGolden'>>;

/** Variants of one version are models of their own. */
function nameOf(model: PredictModel): string {
  return `${formatRef(model)} ${model.variantName}`;
}

function hasGoldens(model: PredictModel): model is CheckedModel {
  return model.checkGolden !== undefined;
}
