/**
 * Entry of the predict function. Everything here is made once for each environment, during its init phase, which
 * Lambda lets run to the end of the top-level await: models are in memory before the first request arrives.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { callerOptions } from '@pilotlight/app/internal/settings/caller-options';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { appOptions, engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { handOverOptions } from '@pilotlight/app/internal/settings/hand-over-options';
import { preload } from '@pilotlight/app/internal/settings/preload';
import { readRollout } from '@pilotlight/app/internal/settings/rollout-options';
import { siblingOptions } from '@pilotlight/app/internal/settings/sibling-options';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { readingOptions } from '@pilotlight/app/internal/settings/watch-drift';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { Engine } from '@pilotlight/engine';
import { createHandler } from './create-handler.ts';
import { observe } from './observe.ts';
import { rehearse } from './rehearse.ts';

/** Behind an extension there is time after an answer. Without one, a process that is frozen with it goes on at the next request. */
const POLLS = process.env.AWS_LAMBDA_RUNTIME_API === undefined ? 'by requests' : 'after answers';

keepHeapSmall();
const config = readConfig(process.env);
const logger = new Logger({ serviceName: SERVICE });
const metrics = new Metrics({ namespace: config.PILOTLIGHT_METRICS_NAMESPACE, serviceName: SERVICE });
// Only a deployment with code of its own reads this module in a cold start.
const own =
  config.PILOTLIGHT_PREDICTORS === undefined
    ? {}
    : await (await import('@pilotlight/app/internal/settings/own-predictors')).ownPredictors(config);
const rolling = await readRollout(config);
const engine = new Engine({
  ...engineOptions(config),
  ...readingOptions(config),
  ...own,
  ...rolling?.packages,
});
const rollout = rolling?.follow(engine, POLLS, logger);
const preloaded = preload(engine, config.PILOTLIGHT_PRELOAD_MODELS, logger, rollout);

const ready = Promise.all([preloaded.settled, rehearse(logger)]).then(() => performance.now());

const { callers } = await callerOptions(config, { logger, frozen: true });

const dependencies = {
  engine,
  preload: preloaded,
  ready,
  ...appOptions(config),
  ...(await handOverOptions(config, logger)),
  ...(await siblingOptions(config, logger)),
  ...(callers && { callers }),
  ...(rollout && { rollout }),
  ...(await observe({
    config,
    environment: process.env,
    metrics,
    logger,
    quotas: callers?.quotas,
    rollout,
  })),
  logger,
  metrics,
};
// Only a function behind a URL of its own reads this module.
export const handler = config.PILOTLIGHT_RESPONSE_STREAM
  ? (await import('./streaming/create-streaming-handler.ts')).createStreamingHandler(dependencies)
  : createHandler(dependencies);

await ready;
