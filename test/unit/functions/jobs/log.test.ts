/** The id of a job is the only key to it: whoever reads the log must not be able to read or cancel the job. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { inspect } from 'node:util';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createS3Client } from '../../../../functions/app/src/aws/s3-client.ts';
import { S3Objects } from '../../../../functions/app/src/aws/s3-objects.ts';
import type { SqsQueue } from '../../../../functions/app/src/aws/sqs-queue.ts';
import { JobStore } from '../../../../functions/app/src/jobs/store.ts';
import { JobLease } from '../../../../functions/server/jobs/job-lease.ts';
import { JobRun } from '../../../../functions/server/jobs/job-run.ts';

const ID = 'AAAAbbbbCCCCddddEEEE12';
const DELIVERY = { id: 'message-5', body: JSON.stringify({ format: 1, job: ID }), receipt: 'r', receives: 1 };

let server: Server;
let answer: { status: number; body: string };
let store: JobStore;
let log: string[];

beforeEach(async () => {
  server = createServer((_, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/xml', etag: '"a"' }).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  const client = createS3Client({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${listeningPort(server)}` });
  store = new JobStore(new S3Objects(client, 'bucket'), { prefix: 'jobs/', deadlineMs: 1e9 });
  log = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const hidden = async (): Promise<void> => {};
const queue: Pick<SqsQueue, 'hide' | 'delete' | 'send'> = { hide: hidden, delete: hidden, send: hidden };
const take = (message: string, fields: Record<string, unknown>): void => {
  // Keys that the logger of Lambda has for itself, and would drop.
  for (const reserved of ['message', 'level', 'service', 'timestamp'])
    expect(fields).not.toHaveProperty(reserved);
  log.push(inspect({ message, ...fields }, { depth: 9 }));
};
const logger = { info: take, warn: take, error: take };

const FORBIDDEN = `<Error><Code>AccessDenied</Code><Message>Access Denied</Message><Key>jobs/${ID}/job.json</Key><Resource>/bucket/jobs/${ID}/job.json</Resource></Error>`;

it('an error of S3 does not hold the key of the object', async () => {
  answer = { status: 403, body: FORBIDDEN };
  const error = await store.read(ID).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(Error);
  expect(inspect(Object.entries(Object(error)), { depth: 3 })).not.toContain(ID);
});

describe('the log of the worker', () => {
  it('names the message where a heart-beat fails, and not the job', async () => {
    answer = { status: 403, body: FORBIDDEN };
    const lease = new JobLease({ store, queue, logger, leaseMs: 3 }, DELIVERY, ID, 'run');
    await expect.poll(() => log.join()).toContain('A heart-beat of a job failed');
    await lease.end();
    expect(log.join()).toContain('message-5');
    expect(log.join()).not.toContain(ID);
  });

  it.each([
    ['no JSON', `{"format":1,"id":"${ID}",`],
    ['of another version', JSON.stringify({ format: 9, id: ID })],
    ['with the id as a field', JSON.stringify({ [ID]: ID })],
  ])('names the message of a job whose state is %s, and not the job', async (_, body) => {
    answer = { status: 200, body };
    const parts = { store, queue, logger, leaseMs: 1000, maxAttempts: 1, mostReceives: 3 };
    const run = new JobRun({ ...parts, fetch: () => new Response() }, DELIVERY);
    expect(await run.deliver(new AbortController().signal)).toBe('dropped');
    expect(log.join()).toContain('has a state that cannot be read');
    expect(log.join()).toContain('message-5');
    expect(log.join()).not.toContain(ID);
  });

  it('names a message that cannot be read', async () => {
    const parts = { store, queue, logger, leaseMs: 1000, maxAttempts: 1, mostReceives: 3 };
    const run = new JobRun({ ...parts, fetch: () => new Response() }, { ...DELIVERY, body: '{' });
    expect(await run.deliver(new AbortController().signal)).toBe('dropped');
    expect(log.join()).toContain('message-5');
  });
});
