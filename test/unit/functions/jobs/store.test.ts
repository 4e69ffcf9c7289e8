/** Jobs in a bucket: what lies there, and who is told what. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { S3Objects } from '../../../../functions/app/src/aws/s3-objects.ts';
import type { JobState } from '../../../../functions/app/src/jobs/job.ts';
import { lazyJobs } from '../../../../functions/app/src/jobs/lazy-jobs.ts';
import { S3Jobs } from '../../../../functions/app/src/jobs/s3-jobs.ts';
import { digestRequest, JobStore } from '../../../../functions/app/src/jobs/store.ts';
import { begin, finish, queued } from '../../../../functions/app/src/jobs/transitions.ts';
import { startS3 } from '../../../../infra/local/src/s3/server.ts';
import { type SqsServer, startSqs } from '../../../../infra/local/src/sqs/server.ts';

const BUCKET = 'jobs-store';
const DEADLINE_MS = 3_600_000;
const TERMS = { prefix: 'jobs/', deadlineMs: DEADLINE_MS };
const CREDENTIALS = { accessKeyId: 'any', secretAccessKey: 'will do' };
const request = {
  path: '/models/large',
  contentType: 'application/json',
  body: Buffer.from('{"inputs":"a"}'),
};
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-job-store-'));

let s3: Awaited<ReturnType<typeof startS3>>;
let sqs: SqsServer;
let client: S3Client;
let store: JobStore;
let sent: unknown[];
let jobs: S3Jobs;
let ids = 0;

beforeAll(async () => {
  s3 = await startS3({ bucket: BUCKET, folder });
  sqs = await startSqs({ jobs: { visibilitySeconds: 30 } });
  const { endpoint } = s3;
  client = new S3Client({ endpoint, region: 'us-east-1', credentials: CREDENTIALS, forcePathStyle: true });
  store = new JobStore(new S3Objects(client, BUCKET), TERMS);
});
beforeEach(() => {
  sent = [];
  jobs = new S3Jobs({ store, queue: { send: async (message) => void sent.push(message) } });
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  await s3.close();
  await sqs.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A job that was created so long ago. */
async function create(ageMs = 0): Promise<JobState> {
  ids += 1;
  const id = String(ids).padStart(22, 'A');
  return store.create(queued(id, 'large', digestRequest(request), Date.now() - ageMs), request.body);
}
const answer = { body: Buffer.from('{"a":1}'), contentType: 'application/json', headers: { 'x-run': '1' } };

/** A job that is done, with its answer. */
async function createDone(): Promise<string> {
  const { id } = await create();
  const result = await store.keepResult(id, answer);
  await store.change(id, (state) => finish(state, result, Date.now()));
  return id;
}

describe('a job', () => {
  it('is sent by its id, and read as it was submitted', async () => {
    const { id, ...view } = await jobs.submit(request, 'large@1.0.0');
    expect(sent).toEqual([{ format: 1, job: id }]);
    expect(view).toMatchObject({ status: 'queued', model: 'large@1.0.0', attempts: 0 });
    expect(await jobs.read(id)).toEqual({ id, ...view });
    expect((await store.read(id))?.request).toMatchObject({
      path: '/models/large',
      contentType: 'application/json',
      bytes: 14,
    });
    expect(Buffer.from((await store.request(id)) ?? [])).toEqual(request.body);
  });

  it.each(['B'.repeat(22), 'keys', '../jobs', ''])('is none by the id %j', async (id) => {
    expect([await jobs.read(id), await jobs.cancel(id)]).toEqual([undefined, undefined]);
  });

  it('that a worker serves is taken, and another is refused with those that there are', async () => {
    const send = async () => {};
    const desk = (models: string[]) => new S3Jobs({ store, queue: { send }, models: async () => models });
    await expect(desk(['large']).submit(request, 'large@1.0.0')).resolves.toMatchObject({ status: 'queued' });
    for (const [models, said] of [
      [['small', 'medium'], 'small, medium'],
      [[], 'none'],
    ] as const) {
      await expect(desk([...models]).submit(request, 'large')).rejects.toMatchObject({
        code: 'MODEL_NOT_FOUND',
        message: `No worker serves such a model; they serve: ${said}.`,
        details: { models },
      });
    }
  });

  it('that is done has its result in its view, until it is deleted with its request', async () => {
    const id = await createDone();
    expect(await jobs.read(id)).toMatchObject({
      status: 'done',
      result: { a: 1 },
      result_type: 'application/json',
      result_headers: { 'x-run': '1' },
    });
    const deleted = await jobs.cancel(id);
    expect(deleted).toMatchObject({ status: 'done' });
    expect(deleted).not.toHaveProperty('result');
    expect([await store.result(id), await store.keptResult(id), await store.request(id)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await jobs.read(id)).toEqual(deleted);
    expect(await jobs.cancel(id)).toEqual(deleted);
  });

  it('that waits is cancelled for good, and its request is deleted', async () => {
    const { id } = await create();
    expect(await jobs.cancel(id)).toMatchObject({ status: 'cancelled', finished_at: expect.any(String) });
    expect(await store.request(id)).toBeUndefined();
    expect(await store.change(id, (state) => begin(state, 'run', Date.now(), 1000))).toMatchObject({
      status: 'cancelled',
    });
  });

  it('that nobody did by its deadline has failed for who asks, and says until when it waited', async () => {
    const { id, createdAt } = await create(DEADLINE_MS + 1000);
    const deadline = new Date(Date.parse(createdAt) + DEADLINE_MS).toISOString();
    expect(await jobs.read(id)).toMatchObject({
      status: 'failed',
      error: { code: 'JOB_EXPIRED', message: expect.stringContaining(`It was not done by ${deadline}: `) },
    });
    expect(await store.read(id)).toMatchObject({ error: { status: 504 } });
    const { id: young } = await create(DEADLINE_MS - 10_000);
    expect(await jobs.read(young)).toMatchObject({ status: 'queued' });
  });

  it('whose answer was kept is done, however late anybody asks', async () => {
    const { id } = await create(DEADLINE_MS + 1000);
    await store.keepResult(id, answer);
    expect(await jobs.read(id)).toMatchObject({ status: 'done', result: { a: 1 } });
  });

  it('that was deleted leaves nothing', async () => {
    const { id } = await create();
    await store.deleteAll(id);
    expect([await store.read(id), await store.request(id)]).toEqual([undefined, undefined]);
  });

  it('that was there before with the same id stays as it is', async () => {
    const first = await create();
    const other = { ...first, model: 'other' };
    expect(await store.create(other, Buffer.from('other'))).toEqual(first);
  });

  it('whose result has no JSON has a link to it that works without credentials', async () => {
    const { id } = await create();
    await store.keepResult(id, answer);
    const link = await store.resultLink(id, 60);
    expect(await (await fetch(link)).json()).toEqual({ a: 1 });
    expect(new URL(link).searchParams.get('X-Amz-Expires')).toBe('60');
  });
});

describe('a state', () => {
  it.each(['{', '{"format":1}'])('of %s is refused, and nothing of it is said', async (text) => {
    const objects = { read: async () => ({ body: Buffer.from(text) }) } as unknown as S3Objects;
    const reading = new JobStore(objects, TERMS).read('A'.repeat(22));
    await expect(reading).rejects.toMatchObject({
      code: 'JOB_CORRUPT',
      message: expect.stringMatching(
        /^The state of a job cannot be read\. Its message in the queue names it/,
      ),
    });
  });

  it('is not written where nothing changes', async () => {
    const put = vi.fn(async () => true);
    const state = queued('A'.repeat(22), 'large', digestRequest(request), 0);
    const body = Buffer.from(JSON.stringify(state));
    const objects = { read: async () => ({ body }), put } as unknown as S3Objects;
    const own = new JobStore(objects, TERMS);
    for (const nothing of [() => undefined, (found: JobState) => ({ ...found })]) {
      expect(await own.change(state.id, nothing)).toEqual(state);
    }
    expect(put).not.toHaveBeenCalled();
    expect(await store.change('C'.repeat(22), (found) => found)).toBeUndefined();
  });

  it('that others change all the time is given up after thirty tries', async () => {
    const put = vi.fn(async () => false);
    const state = queued('A'.repeat(22), 'large', digestRequest(request), 0);
    const body = Buffer.from(JSON.stringify(state));
    const objects = { read: async () => ({ body, etag: '"a"' }), put } as unknown as S3Objects;
    const changed = new JobStore(objects, TERMS).change(state.id, (found) => begin(found, 'run', 0, 1000));
    await expect(changed).rejects.toMatchObject({ code: 'JOB_CONTENDED' });
    expect(put).toHaveBeenCalledTimes(30);
  });
});

it('equal requests have equal digests, and the type, the path, what is accepted and the body each make another', () => {
  const { sha256 } = digestRequest(request);
  expect(sha256).toMatch(/^[\da-f]{64}$/);
  expect(digestRequest({ ...request }).sha256).toBe(sha256);
  const others = [
    { ...request, path: '/models/small' },
    { ...request, contentType: 'text/plain' },
    { ...request, accept: 'text/plain' },
    { ...request, body: Buffer.from('{}') },
  ].map((other) => digestRequest(other).sha256);
  expect(new Set([sha256, ...others]).size).toBe(5);
});

it('a process that may never see a job reaches bucket and queue of its environment with the first', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.endpoint);
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqs.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  const place = { queueUrl: sqs.url('jobs'), bucket: BUCKET, ...TERMS };
  const lazy = lazyJobs(place, async () => ['large']);
  const { id } = await lazy.submit(request, 'large');
  expect(sqs.queues.queue('jobs').drain()).toEqual([JSON.stringify({ format: 1, job: id })]);
  expect(await lazy.read(id)).toMatchObject({ id, status: 'queued' });
  expect(await lazy.cancel(id)).toMatchObject({ id, status: 'cancelled' });
  await expect(lazy.submit(request, 'small')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  await expect(lazyJobs(place).submit(request, 'small')).resolves.toMatchObject({ model: 'small' });
});
