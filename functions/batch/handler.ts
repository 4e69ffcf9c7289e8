/** Entry of the batch function. Everything here is made once for each environment, during its init phase. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { ENGINE_VERSION, Engine } from '@pilotlight/engine';
import { readBatchConfig, withoutBatchConfig } from '../shared/batch-config.ts';
import { readConfig } from '../shared/config.ts';
import { engineOptions } from '../shared/engine-options.ts';
import { SERVICE } from '../shared/metric-names.ts';
import { preload } from '../shared/preload.ts';
import { createS3Client } from '../shared/s3-client.ts';
import { S3Objects } from '../shared/s3-objects.ts';
import { keepHeapSmall } from '../shared/small-heap.ts';
import { createSqsClient, SqsQueue } from '../shared/sqs-queue.ts';
import { createHandler, type HandlerParts } from './create-handler.ts';
import { withBackfill } from './map/with-backfill.ts';
import { processorOf } from './object/processor.ts';

keepHeapSmall();
const config = readConfig(withoutBatchConfig(process.env));
const batch = readBatchConfig(process.env);
const logger = new Logger({ serviceName: SERVICE });
const engine = new Engine(engineOptions(config));
const queue = new SqsQueue(createSqsClient(process.env), batch.PILOTLIGHT_BATCH_QUEUE_URL);

const parts: HandlerParts = {
  processor: processorOf(batch, {
    engine,
    engineVersion: ENGINE_VERSION,
    objects: new S3Objects(createS3Client(process.env), batch.PILOTLIGHT_BATCH_BUCKET),
    goOnLater: (message) => queue.send(message),
  }),
  logger,
  metrics: new Metrics({ namespace: config.PILOTLIGHT_METRICS_NAMESPACE, serviceName: SERVICE }),
};
export const handler = withBackfill(createHandler(parts), parts);

await preload(engine, config.PRELOAD_MODELS, logger).settled;
