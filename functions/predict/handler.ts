/**
 * Entry of the predict function. Everything here is made once for each environment, during its init phase, which
 * Lambda lets run to the end of the top-level await: models are in memory before the first request arrives.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { Engine } from '@pilotlight/engine';
import { readConfig } from '../shared/config.ts';
import { engineOptions, limitsOf } from '../shared/engine-options.ts';
import { preload } from '../shared/preload.ts';
import { keepYoungGenerationSmall } from '../shared/young-generation.ts';
import { createHandler } from './create-handler.ts';
import { rehearse } from './rehearse.ts';

keepYoungGenerationSmall();
const config = readConfig(process.env);
const logger = new Logger({ serviceName: 'pilotlight' });
const metrics = new Metrics({ namespace: config.PILOTLIGHT_METRICS_NAMESPACE, serviceName: 'pilotlight' });
const engine = new Engine(engineOptions(config));
const preloaded = preload(engine, config.PRELOAD_MODELS, logger);

export const handler = createHandler({
  engine,
  preload: preloaded,
  limits: limitsOf(config),
  logger,
  metrics,
});

await Promise.all([preloaded.settled, rehearse(engine, logger)]);
