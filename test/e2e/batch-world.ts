/** The batch function with a real S3 and a real queue on this machine, and what a test does to them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startS3 } from '../../infra/local/src/s3/server.ts';
import { startSqs } from '../../infra/local/src/sqs/server.ts';

export const BUCKET = 'uploads';
const QUEUE = 'batch';
export const DEAD_LETTERS = 'batch-dead-letters';
const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'any', secretAccessKey: 'will do' };

export interface Stored {
  readonly key: string;
  readonly body: string;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** Files under `in/` give messages in the queue, as on AWS. */
export async function startWorld({ visibilitySeconds = 30, maxReceives = 3 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-batch-'));
  const sqs = await startSqs({
    [QUEUE]: { visibilitySeconds, deadLetters: { queue: DEAD_LETTERS, maxReceives } },
    [DEAD_LETTERS]: { visibilitySeconds },
  });
  const s3 = await startS3({
    bucket: BUCKET,
    folder,
    notify: (notification) => sqs.queues.queue(QUEUE).send(notification),
  });
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: REGION,
    credentials: CREDENTIALS,
    forcePathStyle: true,
  });
  const list = async (prefix: string) => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
    return Contents.flatMap(({ Key }) => Key ?? []);
  };
  const read = async (key: string): Promise<string> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return (await Body?.transformToString()) ?? '';
  };
  return {
    s3,
    sqs,
    client,
    queue: sqs.queues.queue(QUEUE),
    deadLetters: sqs.queues.queue(DEAD_LETTERS),
    /** For a process that is to run the batch function. */
    environment: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_SQS: sqs.endpoint,
      PILOTLIGHT_BATCH_QUEUE_URL: sqs.url(QUEUE),
      PILOTLIGHT_BATCH_DEAD_LETTER_QUEUE_URL: sqs.url(DEAD_LETTERS),
      PILOTLIGHT_BATCH_BUCKET: BUCKET,
    },
    put: async (key: string, body: string | Buffer, metadata: Record<string, string> = {}) => {
      const object = { Bucket: BUCKET, Key: key, Body: Buffer.from(body), Metadata: metadata };
      await client.send(new PutObjectCommand(object));
    },
    list,
    read,
    /** Every object below a prefix, in order of keys. */
    results: async (prefix: string): Promise<Stored[]> =>
      Promise.all((await list(prefix)).map(async (key) => ({ key, body: await read(key) }))),
    close: async () => {
      client.destroy();
      await s3.close();
      await sqs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
