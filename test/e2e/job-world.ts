/** Jobs with a real S3 and a real queue on this machine, for servers that are processes of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { S3Objects } from '../../functions/app/src/aws/s3-objects.ts';
import { createSqsClient, SqsQueue } from '../../functions/app/src/aws/sqs-queue.ts';
import type { JobRequest, JobView } from '../../functions/app/src/jobs/job.ts';
import { S3Jobs } from '../../functions/app/src/jobs/s3-jobs.ts';
import { JobStore } from '../../functions/app/src/jobs/store.ts';
import { startS3 } from '../../infra/local/src/s3/server.ts';
import { startSqs } from '../../infra/local/src/sqs/server.ts';

export const BUCKET = 'results';
export const QUEUE = 'jobs';
export const DEAD_LETTERS = 'jobs-dead-letters';
const PREFIX = 'jobs/';
/** The settings of servers, unless a test gives others. */
export const DEADLINE_MS = 72 * 3_600_000;
const CREDENTIALS = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
};

export type JobWorld = Awaited<ReturnType<typeof startJobWorld>>;

const eventSchema = z.object({
  Records: z.array(
    z.object({ eventName: z.string(), s3: z.object({ object: z.object({ key: z.string() }) }) }),
  ),
});

export async function startJobWorld({ maxReceives = 5 } = {}) {
  const written = new Map<string, number>();

  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-jobs-'));
  const sqs = await startSqs({
    [QUEUE]: { visibilitySeconds: 300, deadLetters: { queue: DEAD_LETTERS, maxReceives } },
    [DEAD_LETTERS]: { visibilitySeconds: 300 },
  });
  const s3 = await startS3({
    bucket: BUCKET,
    folder,
    notify: (notification) => {
      for (const { eventName, s3: event } of eventSchema.parse(JSON.parse(notification)).Records) {
        const { key } = event.object;
        if (eventName.startsWith('ObjectCreated')) written.set(key, (written.get(key) ?? 0) + 1);
      }
    },
  });
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: CREDENTIALS.AWS_REGION,
    credentials: {
      accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
    forcePathStyle: true,
  });
  const environment = {
    ...CREDENTIALS,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    PILOTLIGHT_JOB_QUEUE_URL: sqs.url(QUEUE),
    PILOTLIGHT_JOB_BUCKET: BUCKET,
    PILOTLIGHT_JOB_PREFIX: PREFIX,
  };
  Object.assign(process.env, CREDENTIALS);
  const store = new JobStore(new S3Objects(client, BUCKET), { prefix: PREFIX, deadlineMs: DEADLINE_MS });
  const queue = new SqsQueue(createSqsClient(environment), sqs.url(QUEUE));
  const jobs = new S3Jobs({ store, queue });
  const view = async (id: string): Promise<JobView> => {
    const found = await jobs.read(id);
    if (!found) throw new TypeError(`There is no job ${id}.`);
    return found;
  };
  return {
    s3,
    environment,
    store,
    queue,
    jobs,
    view,
    messages: sqs.queues.queue(QUEUE),
    deadLetters: sqs.queues.queue(DEAD_LETTERS),
    /** How often the result of a job was written. */
    resultWrites: (id: string) => written.get(`${PREFIX}${id}/result`) ?? 0,
    /** Polls until a job has one of these states. */
    async until(id: string, ...statuses: readonly JobView['status'][]): Promise<JobView> {
      for (;;) {
        const found = await view(id);
        if (statuses.includes(found.status)) return found;
        await pause(20);
      }
    },
    /** The names of the objects of a job. */
    async objects(id: string): Promise<string[]> {
      const command = new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${PREFIX}${id}/` });
      const { Contents = [] } = await client.send(command);
      return Contents.flatMap(({ Key }) => Key?.split('/').at(-1) ?? []);
    },
    async close() {
      client.destroy();
      await s3.close();
      await sqs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The request of `POST /models/{model}`. */
export function predictionOf(inputs: unknown, model = 'sentiment'): JobRequest {
  const body = Buffer.from(JSON.stringify({ inputs }));
  return { path: `/models/${model}`, contentType: 'application/json', body };
}
