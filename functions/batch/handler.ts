/** Entry of the batch function. Everything here is made once for each environment, during its init phase. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { createS3Client } from '@pilotlight/app/internal/aws/s3-client';
import { S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import { createSqsClient, SqsQueue } from '@pilotlight/app/internal/aws/sqs-queue';
import { readBatchConfig, withoutBatchConfig } from '@pilotlight/app/internal/settings/batch-config';
import { readConfig } from '@pilotlight/app/internal/settings/config';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { ownPredictors } from '@pilotlight/app/internal/settings/own-predictors';
import { preload } from '@pilotlight/app/internal/settings/preload';
import { readRollout } from '@pilotlight/app/internal/settings/rollout-options';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { ENGINE_VERSION, Engine } from '@pilotlight/engine';
import { createHandler } from './src/create-handler.ts';
import { createProcessor } from './src/object/processor.ts';

keepHeapSmall();
const config = readConfig(withoutBatchConfig(process.env));
const batch = readBatchConfig(process.env);
const logger = new Logger({ serviceName: SERVICE });
const rolling = await readRollout(config);
const engine = new Engine({
  ...engineOptions(config),
  ...(await ownPredictors(config)),
  ...rolling?.packages,
});
const versions = rolling?.follow(engine, 'before files', logger);
const sqs = createSqsClient(process.env);
const queue = new SqsQueue(sqs, batch.PILOTLIGHT_BATCH_QUEUE_URL);
const deadLetterUrl = batch.PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL;

export const handler = createHandler({
  processor: createProcessor(batch, {
    engine,
    versions,
    engineVersion: ENGINE_VERSION,
    objects: new S3Objects(createS3Client(process.env), batch.PILOTLIGHT_BATCH_BUCKET),
    goOnLater: (message) => queue.send(message),
  }),
  queues: { queue, ...(deadLetterUrl !== undefined && { deadLetters: new SqsQueue(sqs, deadLetterUrl) }) },
  logger,
  metrics: new Metrics({ namespace: config.PILOTLIGHT_METRICS_NAMESPACE, serviceName: SERVICE }),
});

await preload(engine, config.PILOTLIGHT_PRELOAD_MODELS, logger, versions).settled;
