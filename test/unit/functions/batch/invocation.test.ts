import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { S3Objects } from '../../../../functions/app/src/aws/s3-objects.ts';
import { createHandler } from '../../../../functions/batch/src/create-handler.ts';

const S3_RECORD = {
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: 'uploads' }, object: { key: 'in/m/a.jsonl', eTag: 'e' } },
};
const SNS_RECORD = {
  EventSource: 'aws:sns',
  EventVersion: '1.0',
  Sns: { Type: 'Notification', MessageId: 'a', Message: JSON.stringify({ Records: [S3_RECORD] }) },
};
const SQS_RECORD = {
  messageId: 'one',
  receiptHandle: 'r',
  body: '{"Service":"Amazon S3","Event":"s3:TestEvent"}',
  eventSource: 'aws:sqs',
};

beforeEach(() => void vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true'));

function invoke(event: unknown) {
  const handler = createHandler({
    processor: {
      objects: new S3Objects(new S3Client({ region: 'eu-central-1' }), 'uploads'),
      engine: { bulkModel: () => Promise.reject(new TypeError('No model is to be loaded.')) },
      engineVersion: '1.0.0',
      prefixes: { input: 'in/', output: 'out/' },
      partRows: 100,
      maxRowBytes: 1000,
      goOnLater: async () => {},
    },
    queues: { queue: { hide: async () => {} } },
    logger: new Logger({ logLevel: 'SILENT' }),
    metrics: new Metrics({ namespace: 'Test', serviceName: 'test' }),
  });
  return handler(event, { getRemainingTimeInMillis: () => 60_000 });
}

describe('an event of the batch function', () => {
  it('of its queue is answered with the messages that failed', async () => {
    const broken = { ...SQS_RECORD, messageId: 'two', body: 'text' };
    expect(await invoke({ Records: [SQS_RECORD, broken] })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'two' }],
    });
  });

  it.each([
    ['of S3', { Records: [S3_RECORD] }, 'aws:s3'],
    ['of SNS', { Records: [SNS_RECORD] }, 'aws:sns'],
    ['of a queue and of S3', { Records: [SQS_RECORD, S3_RECORD] }, 'aws:sqs, aws:s3'],
    ['of Kinesis', { Records: [{ eventSource: 'aws:kinesis', kinesis: {} }] }, 'aws:kinesis'],
    ['of a queue that is not one', { Records: [{ ...SQS_RECORD, eventSource: 'aws:mq' }] }, 'aws:mq'],
    ['without an id', { Records: [{ ...SQS_RECORD, messageId: undefined }] }, 'SQS'],
    ['with a body that is no text', { Records: [{ ...SQS_RECORD, body: {} }] }, 'SQS'],
    ['without records', { Records: [] }, 'SQS'],
    ['of EventBridge', { source: 'aws.s3', 'detail-type': 'Object Created', detail: {} }, 'queue'],
    ['of the warmer', { source: 'pilotlight.warm-up', holdUntil: 1 }, 'queue'],
    ['of S3 when notifications are set up', { Service: 'Amazon S3', Event: 's3:TestEvent' }, 'queue'],
    ['of a batch without rows', { BatchInput: { job: { key: 'backfill/m/a.jsonl' } }, Items: [] }, 'queue'],
    ['that is empty', {}, 'queue'],
    ['that is null', null, 'queue'],
    ['that is a list', [S3_RECORD], 'queue'],
    ['that is a text', 'Records', 'queue'],
  ])('%s is thrown back, because nothing was done', async (_, event, message) => {
    await expect(invoke(event)).rejects.toMatchObject({
      code: 'EVENT_NOT_UNDERSTOOD',
      message: expect.stringContaining(message),
    });
  });
});
