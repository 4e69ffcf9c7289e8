/**
 * Entry of the web function: the long-lived server, with its shared batches, in an environment of Lambda. It listens while models load, so
 * that the 10 s of Lambda's init phase do not depend on their size; requests wait for the load. ADR-web-function.md has the reasons.
 */

import { Logger } from '@aws-lambda-powertools/logger';
import { ownPredictors } from '@pilotlight/app/internal/settings/own-predictors';
import { readRollout } from '@pilotlight/app/internal/settings/rollout-options';
import { readServerConfig } from '@pilotlight/app/internal/settings/server';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { PilotlightError } from '@pilotlight/engine';
import { ServedModels } from '../server/models.ts';
import { readAddress } from './address.ts';

keepHeapSmall();

const logger = new Logger({ serviceName: SERVICE });

try {
  const address = readAddress(process.env);
  const config = readServerConfig(process.env);
  const [own, rolling] = await Promise.all([ownPredictors(config.shared), readRollout(config.shared)]);
  // A process that may stand still has no time of its own.
  const models = new ServedModels(config, 'cpu', logger, own, rolling, 'by requests');
  const { serve } = await import('./serve.ts');
  await serve(config, models, logger, address);
} catch (error) {
  const message = PilotlightError.is(error) ? error.message : 'The web function could not start';
  logger.error(message, { error });
  process.exit(1);
}
