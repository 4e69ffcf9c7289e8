/** Entry of the server: the HTTP app on a port, sessions in threads of their own, requests in shared batches. */

import { Logger } from '@aws-lambda-powertools/logger';
import { readServerConfig } from '@pilotlight/app/internal/settings/server';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { PilotlightError } from '@pilotlight/engine';
import { loadModels } from './models.ts';

keepHeapSmall();
// Whoever read the log is gone. That is no reason to end requests.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const logger = new Logger({ serviceName: SERVICE });

try {
  const config = readServerConfig(process.env);
  const models = await loadModels(config, logger);
  const { serve } = await import('./serve.ts');
  await serve(config, models, logger);
} catch (error) {
  const message = PilotlightError.is(error) ? error.message : 'The server could not start';
  logger.error(message, { error });
  process.exit(1);
}
