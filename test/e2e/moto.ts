/** S3 and SQS that are not ours: moto, where Python has it (`pip install 'moto[server]'`). */
import assert from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type NotificationConfigurationFilter,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { createS3Client } from '../../functions/app/src/aws/s3-client.ts';
import { createSqsClient } from '../../functions/app/src/aws/sqs-queue.ts';

export const hasMoto = spawnSync('moto_server', ['--help']).status === 0;

const BUCKET = 'uploads';

export type Moto = Awaited<ReturnType<typeof startMoto>>;

/** Starts a server with a bucket whose notifications of `in/` go to a queue with dead letters, as they do on AWS. */
export async function startMoto() {
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    printed += text;
  });
  while (!/Running on (http:\S+)/.test(printed)) {
    await Promise.race([once(child.stderr, 'data'), once(child, 'exit')]);
    assert.equal(child.exitCode, null, printed);
  }
  const endpoint = /Running on (http:\S+)/.exec(printed)?.[1] ?? '';
  const credentials = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };
  Object.assign(process.env, credentials);
  const environment = { ...credentials, AWS_ENDPOINT_URL_S3: endpoint, AWS_ENDPOINT_URL_SQS: endpoint };
  const s3 = createS3Client(environment);
  const sqs = createSqsClient(environment);

  const deadLetterUrl = await createQueue(sqs, 'batch-dead-letters');
  const deadLetterArn = await attributeOf(sqs, deadLetterUrl, 'QueueArn');
  const queueUrl = await createQueue(sqs, 'batch', {
    VisibilityTimeout: '1800',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount: 5 }),
  });
  await createBucket(s3, await attributeOf(sqs, queueUrl, 'QueueArn'));
  return {
    sqs,
    s3,
    environment: {
      ...environment,
      PILOTLIGHT_BATCH_BUCKET: BUCKET,
      PILOTLIGHT_BATCH_QUEUE_URL: queueUrl,
      PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL: deadLetterUrl,
    },
    put: (Key: string, Body: string | Buffer) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body })),
    read: async (Key: string): Promise<string> => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      return (await Body?.transformToString()) ?? '';
    },
    list: async (Prefix: string): Promise<string[]> => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }));
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    /** Waits for a message as the poller of Lambda does. */
    receive: async (waitSeconds = 0): Promise<Message | undefined> => {
      const { Messages: [message] = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      );
      return message;
    },
    delete: ({ ReceiptHandle }: Message) =>
      sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle })),
    /** Messages that wait in the dead-letter queue. */
    deadLetters: async () => Number(await attributeOf(sqs, deadLetterUrl, 'ApproximateNumberOfMessages')),
    close: async () => {
      s3.destroy();
      sqs.destroy();
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function createQueue(
  sqs: SQSClient,
  QueueName: string,
  Attributes: Record<string, string> = {},
): Promise<string> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return QueueUrl;
}

async function attributeOf(
  sqs: SQSClient,
  QueueUrl: string,
  name: 'QueueArn' | 'ApproximateNumberOfMessages',
): Promise<string> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [name] }),
  );
  return Attributes[name] ?? '';
}

async function createBucket(s3: S3Client, queueArn: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const filter: NotificationConfigurationFilter = {
    Key: { FilterRules: [{ Name: 'prefix', Value: 'in/' }] },
  };
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: BUCKET,
      NotificationConfiguration: {
        QueueConfigurations: [{ QueueArn: queueArn, Events: ['s3:ObjectCreated:*'], Filter: filter }],
      },
    }),
  );
}
