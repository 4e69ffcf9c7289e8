/** Jobs of a server that follows a registry. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { startSqs } from '../../infra/local/src/sqs/server.ts';
import { REGISTRY, TestRegistry } from '../fixtures/registry.ts';
import { BUCKET, CREDENTIALS, type S3Server, startS3 } from '../fixtures/s3-server.ts';
import { type InferenceServer, startServer } from './server.ts';

const QUEUE = 'jobs';
const viewSchema = z.looseObject({
  status: z.enum(['queued', 'running', 'done', 'failed']),
  result_headers: z.optional(z.record(z.string(), z.string())),
});

const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-jobs-rollout-'));
let s3: S3Server;
let sqs: Awaited<ReturnType<typeof startSqs>>;
let registry: TestRegistry;
let server: InferenceServer;

beforeAll(async () => {
  s3 = await startS3(join(scratch, 's3'));
  sqs = await startSqs({ [QUEUE]: { visibilitySeconds: 300 } });
  registry = new TestRegistry(s3);
  await registry.push('1.0.0');
  await registry.push('1.1.0');
  await registry.promote('1.0.0');
  await registry.promote('1.1.0', 'next');
  server = await startServer({
    ...CREDENTIALS,
    AWS_ENDPOINT_URL_S3: s3.url,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    PILOTLIGHT_MODELS_DIR: join(scratch, 'nothing'),
    PILOTLIGHT_REGISTRY: REGISTRY,
    PILOTLIGHT_REGISTRY_MODELS: 'sentiment',
    PILOTLIGHT_REGISTRY_POLL_SECONDS: '1',
    PILOTLIGHT_REMOTE_FOLDER: join(scratch, 'fetched'),
    PILOTLIGHT_JOB_QUEUE_URL: sqs.url(QUEUE),
    PILOTLIGHT_JOB_BUCKET: BUCKET,
    PILOTLIGHT_JOB_PREFIX: 'jobs/',
  });
});
afterAll(async () => {
  server.signal('SIGKILL');
  await server.ended;
  await Promise.all([s3.close(), sqs.close()]);
  rmSync(scratch, { recursive: true, force: true });
});

/** A job for `model`, once it has ended. */
async function jobFor(model: string): Promise<z.infer<typeof viewSchema>> {
  const body = JSON.stringify({ model, inputs: 'a lovely film' });
  const response = await fetch(`${server.url}/jobs`, { method: 'POST', body });
  expect(response.status, await response.clone().text()).toBe(202);
  const place = `${server.url}${response.headers.get('location')}`;
  for (;;) {
    const view = viewSchema.parse(await (await fetch(place)).json());
    if (['done', 'failed'].includes(view.status)) return view;
    await wait(50);
  }
}
const versionFor = async (model: string) => (await jobFor(model)).result_headers?.['x-pilotlight-version'];

test('a job that came before the registry was read waits for it', async () => {
  expect(await versionFor('sentiment')).toBe('1.0.0');
});

/** Waits until an alias means a version. */
const until = (alias: string, version: string) =>
  expect.poll(() => server.metrics(), { timeout: 20_000 }).toContain(`alias="${alias}",version="${version}"`);

test('a job is answered by the version that its model, or the alias that it names, means when it runs', async () => {
  await until('next', '1.1.0');
  expect([await versionFor('sentiment'), await versionFor('sentiment@next')]).toEqual(['1.0.0', '1.1.0']);
  await registry.promote('1.1.0');
  await until('prod', '1.1.0');
  expect([await versionFor('sentiment'), await versionFor('sentiment@prod')]).toEqual(['1.1.0', '1.1.0']);
});

test('a job for a version that no alias means fails, and says what there is', async () => {
  expect(await jobFor('sentiment@1.0.0')).toMatchObject({
    status: 'failed',
    error: { code: 'MODEL_NOT_FOUND', message: expect.stringContaining('1.1.0') },
  });
});
