import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3Objects } from '../../../../functions/app/src/aws/s3-objects.ts';
import { SqsQueue } from '../../../../functions/app/src/aws/sqs-queue.ts';
import { type JobRequest, jobStateSchema } from '../../../../functions/app/src/jobs/job.ts';
import { S3Jobs } from '../../../../functions/app/src/jobs/s3-jobs.ts';
import { digestRequest, JobStore } from '../../../../functions/app/src/jobs/store.ts';
import { cancel } from '../../../../functions/app/src/jobs/transitions.ts';
import { startS3 } from '../../../../infra/local/src/s3/server.ts';
import { type SqsServer, startSqs } from '../../../../infra/local/src/sqs/server.ts';
import { fakeApp } from '../fake-engine.ts';

const BUCKET = 'jobs-unit';
const DEADLINE_MS = 3_600_000;
const credentials = { accessKeyId: 'any', secretAccessKey: 'will do' };
const region = 'us-east-1';
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-submit-'));
const request: JobRequest = {
  path: '/models/large',
  contentType: 'application/json',
  body: Buffer.from('{"inputs":"a"}'),
};

let s3: Awaited<ReturnType<typeof startS3>>;
let sqs: SqsServer;
let store: JobStore;
beforeAll(async () => {
  s3 = await startS3({ bucket: BUCKET, folder });
  sqs = await startSqs({ jobs: { visibilitySeconds: 30 } });
  const client = new S3Client({ endpoint: s3.endpoint, region, credentials, forcePathStyle: true });
  store = new JobStore(new S3Objects(client, BUCKET), { prefix: 'jobs/', deadlineMs: DEADLINE_MS });
});
beforeEach(() => void sqs.queues.queue('jobs').drain());
afterAll(async () => {
  await s3.close();
  await sqs.close();
  rmSync(folder, { recursive: true, force: true });
});

const queue = (endpoint = sqs.endpoint) =>
  new SqsQueue(new SQSClient({ endpoint, region, credentials, maxAttempts: 1 }), sqs.url('jobs'));
/** Nobody listens there. */
const unreachable = () => queue('http://127.0.0.1:9');
const objects = () => readdirSync(folder);

describe('a job that cannot be queued', () => {
  it('is refused, and leaves nothing behind', async () => {
    const before = objects();
    const app = fakeApp({ jobs: new S3Jobs({ store, queue: unreachable() }) });
    const body = JSON.stringify({ model: 'large', inputs: 'a' });
    const response = await app.request('/jobs', { method: 'POST', body });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      code: 'JOB_NOT_QUEUED',
      error: 'The job could not be queued. Send it again.',
    });
    expect(objects()).toEqual(before);
  });

  it('is queued when it is sent again with its Idempotency-Key', async () => {
    const options = { idempotencyKey: 'again-and-again' };
    const failing = new S3Jobs({ store, queue: unreachable() });
    await expect(failing.submit(request, 'large', options)).rejects.toMatchObject({ code: 'JOB_NOT_QUEUED' });
    const { id } = await new S3Jobs({ store, queue: queue() }).submit(request, 'large', options);
    expect(sqs.queues.queue('jobs').drain()).toEqual([JSON.stringify({ format: 1, job: id })]);
    expect((await store.read(id))?.status).toBe('queued');
    expect(Buffer.from((await store.request(id)) ?? [])).toEqual(request.body);
  });
});

it.each([
  ['a model of 3,000 characters', `/models/large@${'x'.repeat(3000)}`, {}, 'model'],
  ['a path of as many', `/models/large?${'x'.repeat(3000)}`, {}, 'path'],
  ['Accept of as many', '/models/large', { accept: 'x'.repeat(3000) }, 'Accept'],
  ['Content-Type of as many', '/models/large', { contentType: 'x'.repeat(3000) }, 'Content-Type'],
])(
  'a request for a job of %s, which nobody could read again, is refused and leaves nothing behind',
  async (_, path, changes, field) => {
    const before = objects();
    const model = path.split(/[/?]/)[2] ?? '';
    const options = { idempotencyKey: 'of-nothing-at-all' };
    const jobs = new S3Jobs({ store, queue: queue() });
    for (const how of [options, {}]) {
      await expect(jobs.submit({ ...request, path, ...changes }, model, how)).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        details: { field },
      });
    }
    expect(objects()).toEqual(before);
    expect(sqs.queues.queue('jobs').drain()).toEqual([]);
  },
);

describe('an Idempotency-Key', () => {
  it('gives all of those who send it at the same time one job', async () => {
    const jobs = new S3Jobs({ store, queue: queue() });
    const options = { idempotencyKey: 'at-the-same-time' };
    const views = await Promise.all(Array.from({ length: 8 }, () => jobs.submit(request, 'large', options)));
    expect(new Set(views.map(({ id }) => id)).size).toBe(1);
  });

  it('is for one request: another path, type or body is refused', async () => {
    const jobs = new S3Jobs({ store, queue: queue() });
    const options = { idempotencyKey: 'only-this-one' };
    await jobs.submit(request, 'large', options);
    const others = [
      { ...request, path: '/models/small' },
      { ...request, contentType: 'text/plain' },
      { ...request, accept: 'text/plain' },
      { ...request, body: Buffer.from('{"inputs":"b"}') },
    ];
    for (const other of others) {
      const submitted = jobs.submit(other, 'large', options);
      await expect(submitted).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        details: { field: 'Idempotency-Key' },
      });
    }
  });
});

it('the first result stays, and who comes later is told what it is', async () => {
  const id = 'B'.repeat(22);
  const first = {
    body: Buffer.from('{"first":1}'),
    contentType: 'application/json',
    headers: { 'x-run': '1' },
  };
  const kept = await store.keepResult(id, first);
  expect(kept).toEqual({ contentType: 'application/json', bytes: 11, headers: { 'x-run': '1' } });
  const later = { body: Buffer.from('other'), contentType: 'text/plain', headers: { 'x-run': '2' } };
  expect(await store.keepResult(id, later)).toEqual(kept);
  expect(Buffer.from((await store.result(id)) ?? [])).toEqual(first.body);
});

it('a job that is done is not sent again to who sends its Idempotency-Key again, and the key itself is not kept', async () => {
  const jobs = new S3Jobs({ store, queue: queue() });
  const options = { idempotencyKey: 'once-and-for-all' };
  const { id } = await jobs.submit(request, 'large', options);
  await store.change(id, (state) => cancel(state, Date.now()));
  sqs.queues.queue('jobs').drain();
  expect(await jobs.submit(request, 'large', options)).toMatchObject({ id, status: 'cancelled' });
  expect(sqs.queues.queue('jobs').drain()).toEqual([]);
  const digest = createHash('sha256').update('once-and-for-all').digest('hex');
  const kept = await store.objects.read(`jobs/keys/${digest}`);
  expect(JSON.parse(Buffer.from(kept?.body ?? []).toString())).toEqual({
    format: 1,
    job: id,
    sha256: digestRequest(request).sha256,
  });
});

it('ids tell nothing of the request', async () => {
  const jobs = new S3Jobs({ store, queue: queue() });
  const views = await Promise.all(Array.from({ length: 8 }, () => jobs.submit(request, 'large')));
  expect(new Set(views.map(({ id }) => id)).size).toBe(8);
  expect(views.every(({ id }) => Buffer.from(id, 'base64url').byteLength === 16)).toBe(true);
});

it('a job cannot make jobs', async () => {
  const id = 'A'.repeat(22);
  const state = await store.create(
    {
      format: 1,
      id,
      status: 'queued',
      model: 'large',
      request: { path: '/models/large', contentType: '', bytes: 0, sha256: '0'.repeat(64) },
      createdAt: new Date(0).toISOString(),
      attempts: 0,
    },
    Buffer.of(),
  );
  expect(jobStateSchema.safeParse(state).success).toBe(true);
  for (const path of ['/jobs', '/jobs/', '/jobs?a', 'http://elsewhere', '/a b']) {
    const parsed = jobStateSchema.safeParse({ ...state, request: { ...state.request, path } });
    expect(parsed.success, path).toBe(false);
  }
});

it.each([
  ['POST', '/jobs'],
  ['GET', `/jobs/${'A'.repeat(22)}`],
  ['DELETE', `/jobs/${'A'.repeat(22)}`],
])('%s %s answers 404 where the service has no queue', async (method, path) => {
  const response = await fakeApp().request(path, { method });
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ code: 'NOT_FOUND', error: 'This service has no queue for jobs.' });
});
