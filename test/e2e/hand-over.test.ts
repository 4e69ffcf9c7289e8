/** A function beside a container, both processes of their own, with S3 and SQS of this machine between them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { bundle } from '../../functions/bundles/src/bundle.ts';
import { workspace } from './http-service.ts';
import { type JobWorld, startJobWorld } from './job-world.ts';
import { type PredictProcess, startPredict } from './predict-process.ts';
import { type InferenceServer, startServer } from './server.ts';

const COOL_DOWN_MS = 500;
/** Short texts are at most ten tokens, long ones are more. */
const [MS_PER_TOKEN, MAX_INFER_MS] = [10, 100];
const SHORT = { inputs: 'I love this film' };
const LONG = { inputs: 'I love this film and everything that it says about the city and its people' };

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-hand-over-'));
const own = workspace(['sentiment', 'slots']);
const all = workspace();
for (const model of ['sentiment', 'slots']) declareCost(model);

let world: JobWorld;
let container: InferenceServer;
let predict: PredictProcess;
let file: string;

/** Says in the manifest what a token costs, as packaging does. */
function declareCost(model: string): void {
  const [version = ''] = readdirSync(join(own.packages, model));
  const path = join(own.packages, model, version, 'model.json');
  const schema = z.looseObject({ variants: z.record(z.string(), z.looseObject({})) });
  const manifest = schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  for (const variant of Object.values(manifest.variants)) variant.inferMsPerToken = MS_PER_TOKEN;
  writeFileSync(path, JSON.stringify(manifest));
}

const startContainer = (port = '0') =>
  startServer({
    PILOTLIGHT_MODELS_DIR: all.packages,
    PILOTLIGHT_PRELOAD_MODELS: 'sentiment,intent,slots',
    PILOTLIGHT_EXECUTION_PROVIDER: 'cpu',
    PILOTLIGHT_PORT: port,
    PILOTLIGHT_JOB_LEASE_SECONDS: '5',
    ...world.environment,
  });

const startFunction = (changes: object = {}) =>
  startPredict(file, {
    PILOTLIGHT_MODELS_DIR: own.packages,
    PILOTLIGHT_PRELOAD_MODELS: 'sentiment,slots',
    ...world.environment,
    PILOTLIGHT_SERVER: JSON.stringify({
      url: container.url,
      models: { intent: 'job', sentiment: 'job', slots: 'cpu' },
      maxInferMs: MAX_INFER_MS,
      failuresToOpen: 2,
      coolDownMs: COOL_DOWN_MS,
      ...changes,
    }),
  });

const accepted = z.strictObject({ job: z.string(), status_url: z.string() });
const jobSchema = z.looseObject({ status: z.string(), result: z.unknown().optional() });
const isOver = (status: string) => !['queued', 'running'].includes(status);

/** The job at that address, once it is over; asked for as clients do. */
async function ended(status_url: string) {
  for (;;) {
    const answer = await predict.get(status_url);
    expect(answer.status, predict.log()).toBe(200);
    const job = jobSchema.parse(answer.body);
    if (isOver(job.status)) return job;
    await pause(20);
  }
}

const served = ({ status, headers }: { status: number; headers: Headers }) => [
  status,
  headers.get('x-pilotlight-served-by'),
];

beforeAll(async () => {
  [world, { file }] = await Promise.all([startJobWorld(), bundle('predict', folder)]);
  container = await startContainer();
  predict = await startFunction();
});
afterAll(async () => {
  container?.signal('SIGKILL');
  await predict?.stop();
  await world?.close();
  own.remove();
  all.remove();
  rmSync(folder, { recursive: true });
});

/** The answer of the server alone, while it was up. */
let intent: unknown;

describe('beside a container that is up', () => {
  test('a model that the function does not have is answered as the server answers', async () => {
    const direct = await container.predict(SHORT.inputs, 'intent');
    intent = direct.body;
    const answer = await predict.post('/models/intent', SHORT);
    expect(served(answer)).toEqual([200, 'server']);
    expect(answer.body).toEqual(direct.body);
    for (const name of ['x-pilotlight-model', 'x-pilotlight-checksum', 'x-compute-tokens', 'content-type']) {
      expect([name, answer.headers.get(name)]).toEqual([name, direct.headers.get(name)]);
    }
  });

  test('a model that it has is answered here, and what is too much work by the server', async () => {
    expect(served(await predict.post('/models/sentiment', SHORT))).toEqual([200, 'function']);
    expect(served(await predict.post('/models/sentiment', LONG))).toEqual([200, 'server']);
    const tensor = { name: 'input_ids', datatype: 'INT64' };
    const row = (tokens: number) => ({
      inputs: [{ ...tensor, shape: [1, tokens], data: Array.from({ length: tokens }, () => 5) }],
    });
    expect(served(await predict.post('/v2/models/sentiment/infer', row(10)))).toEqual([200, 'function']);
    expect(served(await predict.post('/v2/models/sentiment/infer', row(11)))).toEqual([200, 'server']);
  });

  test('what the container refuses is refused as it says it', async () => {
    const refused = await predict.post('/models/intent', { inputs: 'a', parameters: { top_k: 'many' } });
    expect(served(refused)).toEqual([422, 'server']);
    expect(refused.body).toMatchObject({ code: 'INVALID_PARAMETER' });
  });

  test('a large answer arrives compressed', async () => {
    const inputs = Array.from({ length: 30 }, () => SHORT.inputs);
    const headers = { 'accept-encoding': 'gzip' };
    const body = { inputs, parameters: { top_k: 20 } };
    const answer = await predict.post('/models/intent', body, headers);
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    expect(JSON.parse(gunzipSync(answer.bytes).toString())).toHaveLength(30);
  });

  test('a client that would rather not wait gets a job, which the container does', async () => {
    const answer = await predict.post('/models/intent', SHORT, { prefer: 'respond-async' });
    expect(served(answer)).toEqual([202, 'queue']);
    const { status_url } = accepted.parse(answer.body);
    expect(await ended(status_url)).toMatchObject({ status: 'done', model: 'intent', result: intent });
  });

  test('what it says about a model of the container is what the container says', async () => {
    const answer = await predict.get('/v2/models/intent');
    expect(answer.body).toEqual(await (await fetch(`${container.url}/v2/models/intent`)).json());
  });

  test('an answer that outlasts its deadline becomes a job, and is not done twice', async () => {
    const hasty = await startFunction({ deadlineMs: 300 });
    // Lets nothing through, and keeps its connections: a host that hangs.
    container.signal('SIGSTOP');
    const answer = await hasty.post('/models/intent', SHORT);
    container.signal('SIGCONT');
    await hasty.stop();
    expect(served(answer)).toEqual([202, 'queue']);
    const { status_url } = accepted.parse(answer.body);
    expect(await ended(status_url)).toMatchObject({ status: 'done', attempts: 1, result: intent });
  });
});

describe('once the container is killed', () => {
  const waiting: string[] = [];
  beforeAll(async () => {
    container.signal('SIGKILL');
    await container.ended;
  });

  test('what only it has becomes a job in the queue, and the circuit opens', async () => {
    for (let i = 0; i < 3; i++) {
      const answer = await predict.post('/models/intent', SHORT);
      expect(served(answer)).toEqual([202, 'queue']);
      const { job, status_url } = accepted.parse(answer.body);
      expect(answer.headers.get('location')).toBe(status_url);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await predict.get(status_url)).body).toMatchObject({ id: job, status: 'queued' });
      waiting.push(status_url);
    }
    // That of one may be hidden, given to the last question of the container that died; so may one of a job that is over.
    const { visible, hidden } = world.messages.counts();
    expect(visible + hidden).toBeGreaterThanOrEqual(3);
    expect((await predict.get('/metrics')).bytes.toString()).toContain('pilotlight_circuit_open 1\n');
    expect(predict.log()).toContain('The circuit to the server is open');
  });

  test('what is too much work becomes a job, or is answered here after all, as the policy says', async () => {
    const heavy = await predict.post('/models/sentiment', LONG);
    expect(served(heavy)).toEqual([202, 'queue']);
    waiting.push(accepted.parse(heavy.body).status_url);
    const tagged = await predict.post('/models/slots', LONG);
    expect(served(tagged)).toEqual([200, 'function']);
  });

  test('questions about its models are 503, and say what starts it', async () => {
    const answer = await predict.get('/v2/models/intent');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({
      code: 'NOT_READY',
      error: expect.stringContaining('POST /models/intent'),
    });
  });

  test('a container that starts later does the jobs', async () => {
    const { port } = new URL(container.url);
    container = await startContainer(port);
    const jobs = await Promise.all(waiting.map(ended));
    expect(jobs.map(({ status }) => status)).toEqual(Array(4).fill('done'));
    expect(jobs.slice(0, 3).map(({ result }) => result)).toEqual(Array(3).fill(intent));
    await expect.poll(() => world.messages.counts()).toEqual({ visible: 0, hidden: 0 });
  });

  test('one probe closes the circuit, however many requests come at once', async () => {
    await pause(COOL_DOWN_MS);
    const probes = async () => {
      const counts = (await container.metrics()).matchAll(
        /^pilotlight_request_total\{route="ready".* (\d+)$/gm,
      );
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const before = await probes();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => predict.post('/models/intent', SHORT)),
    );
    const forwarded = answers.filter(({ headers }) => headers.get('x-pilotlight-served-by') === 'server');
    expect(answers.every(({ status }) => status === 200 || status === 202)).toBe(true);
    expect(forwarded.length).toBeGreaterThanOrEqual(1);
    expect((await probes()) - before).toBe(1);
    const after = await predict.post('/models/intent', SHORT);
    expect(served(after)).toEqual([200, 'server']);
    expect(after.body).toEqual(intent);
    expect((await probes()) - before).toBe(1);
  });
});

test('a function whose settings are wrong does not start, and says every fault', async () => {
  const settings = { url: 'gpu', models: { intent: 'maybe' }, coolDownMs: 0 };
  const started = startPredict(file, {
    PILOTLIGHT_SERVER: JSON.stringify(settings),
    PILOTLIGHT_JOB_BUCKET: 'b',
  });
  await expect(started).rejects.toThrow(
    /url must be an http or https URL[\s\S]*models\.intent must be job or cpu[\s\S]*coolDownMs must be above 0[\s\S]*PILOTLIGHT_JOB_QUEUE_URL: is missing/,
  );
});
