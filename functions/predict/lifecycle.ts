import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { MiddlewareObj } from '@middy/core';
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import type { StageSetting } from '@pilotlight/app/internal/telemetry/stage-metrics';
import { reportColdStart } from './cold-start.ts';
import { Environment } from './environment.ts';
import { formatRef, type PredictModel } from './ports.ts';
import { selfChecks } from './self-check.ts';
import { answerWarmUp, isWarmUp } from './warm-up.ts';

export interface LifecycleDependencies {
  /** Settles, with the milliseconds since the process began, once the models of the preload list are loaded or refused. */
  readonly ready: Promise<number>;
  readonly loaded: () => readonly PredictModel[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How the phases of a load are told. */
  readonly stages: StageSetting;
}

/** Reports the cold start at the first invocation, and answers warm-ups before the app sees them. */
export function lifecycle({
  ready,
  loaded,
  logger,
  metrics,
  stages,
}: LifecycleDependencies): MiddlewareObj<unknown, unknown> {
  const environment = new Environment();
  const models = () => loaded().map(formatRef);
  const checks = selfChecks({ loaded, logger, metrics });
  return {
    name: 'lifecycle',
    before: async ({ event, context }) => {
      const initMs = await ready;
      const first = environment.begin();
      const warmUp = isWarmUp(event);
      if (first) {
        const { functionName } = context;
        reportColdStart(metrics, { functionName, initMs, felt: !warmUp, models: loaded(), stages });
      }
      if (!warmUp) return undefined;
      const remainingMs = context.getRemainingTimeInMillis();
      const pack = () => Promise.all(loaded().map((model) => model.pack?.()));
      return answerWarmUp(event, first, remainingMs, { environment, models, pack, selfChecks: checks });
    },
  };
}
