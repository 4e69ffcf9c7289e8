/** When a message of a file that failed comes again. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createS3Client } from '../../functions/app/src/aws/s3-client.ts';
import { S3Objects } from '../../functions/app/src/aws/s3-objects.ts';
import { createSqsClient, SqsQueue } from '../../functions/app/src/aws/sqs-queue.ts';
import { readBatchConfig } from '../../functions/app/src/settings/batch-config.ts';
import { createHandler } from '../../functions/batch/src/create-handler.ts';
import { createProcessor } from '../../functions/batch/src/object/processor.ts';
import { startWorld, type World } from './batch-world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ visibilitySeconds: 1800 });
  Object.assign(process.env, world.environment, { POWERTOOLS_METRICS_DISABLED: 'true' });
});
afterAll(() => world.close());

/** The handler of an environment whose models are not there at the moment. */
function failingHandler() {
  const config = readBatchConfig(world.environment);
  const queue = new SqsQueue(createSqsClient(world.environment), config.PILOTLIGHT_BATCH_QUEUE_URL);
  return createHandler({
    processor: createProcessor(config, {
      engine: { bulkModel: () => Promise.reject(new TypeError('503')) },
      engineVersion: 'test',
      objects: new S3Objects(createS3Client(world.environment), config.PILOTLIGHT_BATCH_BUCKET),
      goOnLater: (message) => queue.send(message),
    }),
    queues: { queue },
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics: new Metrics({ namespace: 'Test', serviceName: 'test' }),
  });
}

/** Messages that can be received so many seconds from now. */
function visibleAfter(seconds: number): number {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1000 * seconds });
  const { visible } = world.queue.counts();
  vi.useRealTimers();
  return visible;
}

it('a file that fails for a moment comes again after ten seconds, whatever the visibility timeout of its queue', async () => {
  await world.put('in/sentiment/moment.jsonl', '"a"\n');
  const [message] = await world.sqs.queues.receive('batch');
  const record = {
    messageId: message?.messageId,
    body: message?.body,
    receiptHandle: message?.receiptHandle,
    attributes: { ApproximateReceiveCount: String(message?.receives) },
  };
  const answer = await failingHandler()({ Records: [record] }, { getRemainingTimeInMillis: () => 60_000 });
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: message?.messageId }] });
  expect([0, 8, 12].map(visibleAfter)).toEqual([0, 0, 1]);
});
