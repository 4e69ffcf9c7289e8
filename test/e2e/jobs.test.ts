import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { isJobId } from '../../functions/app/src/jobs/job-id.ts';
import { digestRequest } from '../../functions/app/src/jobs/store.ts';
import { queued } from '../../functions/app/src/jobs/transitions.ts';
import { jobView } from '../../functions/app/src/service/openapi.ts';
import { DEADLINE_MS, type JobWorld, predictionOf, startJobWorld } from './job-world.ts';
import { copyOfPackages } from './packages.ts';
import { type InferenceServer, poison, startServer } from './server.ts';

const POISON = 'zealand';
/** Texts that keep the server busy for some seconds. */
const LASTING = Array.from({ length: 2000 }, (_, i) => `${i} ${'a long and winding film '.repeat(40)}`);
const errorSchema = z.looseObject({
  code: z.string(),
  field: z.string().optional(),
  models: z.array(z.string()).optional(),
});
const acceptedSchema = z.strictObject({ job: z.string(), status_url: z.string() });
const labelsSchema = z.array(z.array(z.object({ label: z.string(), score: z.number() })));

const packages = copyOfPackages();
poison(packages, 'sentiment', POISON);

let world: JobWorld;
let server: InferenceServer;
beforeAll(async () => {
  world = await startJobWorld();
  server = await startServer({
    ...world.environment,
    PILOTLIGHT_MODELS_DIR: packages,
    PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    PILOTLIGHT_MAX_BATCH_REQUESTS: '8',
    PILOTLIGHT_MAX_INPUTS: '2000',
    PILOTLIGHT_MAX_CALL_TOKENS: '1000000',
    PILOTLIGHT_JOB_LEASE_SECONDS: '1',
    PILOTLIGHT_JOB_MAX_ATTEMPTS: '1',
  });
});
afterAll(async () => {
  server.signal('SIGKILL');
  await server.ended;
  await world.close();
  rmSync(packages, { recursive: true });
});

const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/jobs`, { method: 'POST', headers, body: JSON.stringify(body) });
const accepted = async (response: Response) => acceptedSchema.parse(await response.json());
const refused = async (response: Response) => ({
  status: response.status,
  ...errorSchema.parse(await response.json()),
});
const ask = (id: string, method = 'GET') => fetch(`${server.url}/jobs/${id}`, { method });

test('a job is taken with 202, says where to ask, and has the answer that the same request gets', async () => {
  const response = await post({ model: 'sentiment', inputs: 'I love this', parameters: { top_k: 1 } });
  const { job, status_url } = await accepted(response.clone());
  expect([response.status, status_url]).toEqual([202, `/jobs/${job}`]);
  expect(response.headers.get('location')).toBe(status_url);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(isJobId(job)).toBe(true);
  await world.until(job, 'done');
  const answer = await ask(job);
  const body = jobView.strict().parse(await answer.json());
  expect(answer.status).toBe(200);
  expect(body).toMatchObject({
    id: job,
    status: 'done',
    model: 'sentiment',
    attempts: 1,
    result: [[{ label: 'positive', score: expect.closeTo(0.98, 1) }]],
    result_type: 'application/json',
    result_headers: { 'x-pilotlight-model': 'sentiment', 'x-pilotlight-version': '1.0.1' },
  });
  const { created_at, started_at, finished_at } = body;
  const times = [created_at, started_at, finished_at];
  expect(times.toSorted()).toEqual(times);
});

test('a large result is a link that works without credentials, until the job is deleted', async () => {
  const inputs = Array.from({ length: 32 }, (_, i) => `what is my balance ${i}`);
  const { job } = await accepted(await post({ model: 'intent', inputs, parameters: { top_k: 150 } }));
  const { result, result_url = '' } = await world.until(job, 'done');
  expect(result).toBeUndefined();
  const bytes = await (await fetch(result_url)).text();
  expect(bytes.length).toBeGreaterThan(100_000);
  expect(labelsSchema.parse(JSON.parse(bytes)).map((labels) => labels.length)).toEqual(inputs.map(() => 150));
  const after = await (await ask(job, 'DELETE')).json();
  expect(after).toMatchObject({ id: job, status: 'done' });
  expect(after).not.toHaveProperty('result_url');
  expect(await world.objects(job)).toEqual(['job.json']);
  expect((await fetch(result_url)).status).toBe(404);
});

test('what the app refuses is a job that failed at once, with its code and its message', async () => {
  const { job } = await accepted(await post({ model: 'sentiment', inputs: 'a', parameters: { oops: 1 } }));
  const { error, attempts } = await world.until(job, 'failed');
  expect(attempts).toBe(1);
  expect(error).toEqual({ code: 'INVALID_PARAMETER', message: expect.stringContaining('oops') });
});

test('what the model cannot be run on has failed after its last attempt, in every format', async () => {
  const hugging = await world.jobs.submit(predictionOf(`${POISON} 1`), 'sentiment');
  const path = '/models/sentiment/predict';
  const tei = await world.jobs.submit({ ...predictionOf(`${POISON} 2`), path }, 'sentiment');
  for (const { id } of [hugging, tei]) {
    const { error } = await world.until(id, 'failed');
    expect(error).toMatchObject({ code: 'SESSION_FAILED' });
  }
});

test('with the same Idempotency-Key the same request gets the same job, and another one is refused', async () => {
  const key = { 'idempotency-key': 'order-0017' };
  const body = { model: 'sentiment', inputs: 'once' };
  const first = await accepted(await post(body, key));
  await world.until(first.job, 'done');
  const both = await Promise.all([post(body, key), post(body, key)]);
  for (const response of both) expect(await accepted(response)).toEqual(first);
  expect(world.resultWrites(first.job)).toBe(1);
  const other = await refused(await post({ ...body, inputs: 'twice' }, key));
  expect(other).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  const short = await refused(await post(body, { 'idempotency-key': '1' }));
  expect(short).toMatchObject({ status: 422, field: 'Idempotency-Key' });
});

test('a job for a model that the container does not serve is refused before it is queued', async () => {
  const error = await refused(await post({ model: 'sentimant', inputs: 'a' }));
  expect(error).toMatchObject({
    status: 404,
    code: 'MODEL_NOT_FOUND',
    models: expect.arrayContaining(['intent']),
  });
});

test.each(['AAAAAAAAAAAAAAAAAAAAAA', 'short', '..%2f..%2fjob.json', '%00'])(
  'there is no job %s',
  async (id) => {
    expect(await refused(await ask(id))).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' });
  },
);

test('who waits for an answer does not wait for the texts of a job', async () => {
  const { id } = await world.jobs.submit(predictionOf(LASTING), 'sentiment');
  await server.metricAtLeast('te_queue_size', LASTING.length / 2);
  const { status } = await server.predict('a long and winding film '.repeat(20));
  expect([status, (await world.view(id)).status]).toEqual([200, 'running']);
  await world.jobs.cancel(id);
});

test('a job that runs is cancelled at its next heart-beat, and the server is free again', async () => {
  const { id } = await world.jobs.submit(predictionOf(LASTING), 'sentiment');
  await world.until(id, 'running');
  const start = performance.now();
  expect(await (await ask(id, 'DELETE')).json()).toMatchObject({ status: 'cancelled' });
  await expect
    .poll(() => server.metrics(), { timeout: 20_000 })
    .toContain('pilotlight_job_deliveries_total{outcome="cancelled"} 2');
  expect(performance.now() - start).toBeLessThan(10_000);
  expect((await server.predict('still there')).status).toBe(200);
  expect(await world.objects(id)).toEqual(['job.json']);
  expect(await world.view(id)).toMatchObject({ status: 'cancelled' });
});

test('a job that nobody could do for three days is not begun any more', async () => {
  const request = predictionOf('too late');
  const state = queued('L'.repeat(22), 'sentiment', digestRequest(request), Date.now() - DEADLINE_MS - 1000);
  await world.store.create(state, request.body);
  await world.queue.send({ format: 1, job: state.id });
  await expect
    .poll(() => world.store.read(state.id), { timeout: 10_000 })
    .toMatchObject({
      status: 'failed',
      attempts: 0,
      error: { code: 'JOB_EXPIRED' },
    });
});

test('a message that cannot be read is a dead letter soon, and the worker goes on', async () => {
  await world.queue.send({ format: 2, job: 'AAAAAAAAAAAAAAAAAAAAAA' });
  await expect.poll(() => world.deadLetters.counts().visible, { timeout: 10_000 }).toBe(1);
  const { id } = await world.jobs.submit(predictionOf('go on'), 'sentiment');
  await world.until(id, 'done');
});

test('a message of a job that is not there any more is dropped', async () => {
  await world.queue.send({ format: 1, job: 'AAAAAAAAAAAAAAAAAAAAAA' });
  await expect.poll(() => world.messages.counts(), { timeout: 10_000 }).toEqual({ visible: 0, hidden: 0 });
});
