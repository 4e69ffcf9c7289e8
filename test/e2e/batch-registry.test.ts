/** Files of rows while the version that their model means moves: each file is predicted with one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine, FolderStore } from '@pilotlight/engine';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createS3Client } from '../../functions/app/src/aws/s3-client.ts';
import { S3Objects } from '../../functions/app/src/aws/s3-objects.ts';
import { RegistryRollout } from '../../functions/app/src/serve/rollout/registry-rollout.ts';
import { readBatchConfig } from '../../functions/app/src/settings/batch-config.ts';
import { predictBatch } from '../../functions/batch/src/map/predict-batch.ts';
import type { Continuation } from '../../functions/batch/src/object/events.ts';
import { processObject } from '../../functions/batch/src/object/process-object.ts';
import { createProcessor } from '../../functions/batch/src/object/processor.ts';
import { RegistryStore } from '../../layers/engine/src/store/registry/registry-store.ts';
import { TestRegistry } from '../fixtures/registry.ts';
import { CREDENTIALS, BUCKET as MODELS, type S3Server, startS3 } from '../fixtures/s3-server.ts';
import { silent } from '../unit/functions/fake-engine.ts';
import { BUCKET, startWorld, type World } from './batch-world.ts';

const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-batch-registry-'));
let world: World;
let s3: S3Server;
let registry: TestRegistry;
const engines: Engine[] = [];
beforeAll(async () => {
  world = await startWorld();
  s3 = await startS3(join(scratch, 's3'));
  for (const [name, value] of Object.entries({ ...CREDENTIALS, AWS_ENDPOINT_URL_S3: s3.url }))
    vi.stubEnv(name, value);
  registry = new TestRegistry(s3);
  await registry.push('1.0.0');
  await registry.push('1.1.0', 'labels');
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.dispose();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
  await world.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** An environment of the function, which has no packages of its own; `sent` are the continuations that it asks for. */
function environment() {
  const folder = mkdtempSync(join(scratch, 'environment-'));
  const base = new FolderStore(join(folder, 'nothing'));
  const store = new RegistryStore({ bucket: MODELS, prefix: 'registry/', folder, base });
  const engine = new Engine({ packages: store, intraOpThreads: 1 });
  engines.push(engine);
  const versions = new RegistryRollout({
    ...{ engine, store, models: ['sentiment'], folder, rules: [], polls: 'before files' },
    ...{ pollMs: 0, goldensMs: 1000, logger: silent },
  });
  const sent: Continuation[] = [];
  const parts = createProcessor(readBatchConfig({ ...world.environment, PILOTLIGHT_BATCH_PART_ROWS: '2' }), {
    ...{ engine, versions, engineVersion: 'test' },
    objects: new S3Objects(createS3Client(world.environment), BUCKET),
    goOnLater: async (message) => void sent.push(message),
  });
  return { versions, parts, sent };
}

async function start() {
  const started = environment();
  await started.versions.start();
  return started;
}

/** Has no time after its first part. */
function onePart() {
  let asked = 0;
  return { remainingMs: () => (asked++ === 0 ? 60_000 : 11_000) };
}
const enough = { remainingMs: () => 60_000 };
const ROWS = 'I love this\nI do not\nwhat a waste of time\na moving, funny and beautiful film\n';
const labelsBelow = async (folder: string) =>
  (await world.results(`${folder}part-`)).flatMap(({ body }) =>
    body.split('\n').flatMap((line) => (line ? JSON.parse(line).output[0].label : [])),
  );
const summaryOf = async (folder: string) => JSON.parse(await world.read(`${folder}summary.json`));
const [OLD, NEW] = [
  ['positive', 'negative', 'negative', 'positive'],
  ['negative', 'positive', 'positive', 'negative'],
];

it('goes on with the version that a file began with, in another environment too, and begins the next with the version that is meant by then', async () => {
  await registry.promote('1.0.0');
  await world.put('in/sentiment/a.txt', ROWS);
  const first = await start();
  const job = { bucket: BUCKET, key: 'in/sentiment/a.txt' };
  expect(await processObject(job, first.parts, onePart())).toMatchObject({ outcome: 'continued', rows: 2 });
  await registry.promote('1.1.0');
  const second = await start();
  // What comes after a crash is the first message again; after the end of the time, it is the continuation.
  expect(await processObject(job, second.parts, onePart())).toMatchObject({ rows: 2 });
  expect(await processObject(first.sent[0] ?? job, second.parts, enough)).toMatchObject({ outcome: 'done' });
  expect(await labelsBelow('out/sentiment@1.0.0/a.txt/')).toEqual(OLD);
  expect(await summaryOf('out/sentiment@1.0.0/a.txt/')).toMatchObject({
    model: { name: 'sentiment', version: '1.0.0' },
    rowsOut: 4,
  });
  expect(await processObject(job, second.parts, enough)).toMatchObject({ outcome: 'done', rows: 0 });
  expect(await world.list('out/sentiment@1.1.0/')).toEqual([]);

  await world.put('in/sentiment/b.txt', ROWS);
  const next = { bucket: BUCKET, key: 'in/sentiment/b.txt' };
  // The environment that served the version before follows, too.
  expect(await processObject(next, first.parts, enough)).toMatchObject({ outcome: 'done', rows: 4 });
  expect(await labelsBelow('out/sentiment@1.1.0/b.txt/')).toEqual(NEW);
});

it('says in the summary that the version which a file began with is gone', async () => {
  await registry.push('1.2.0');
  await registry.promote('1.2.0');
  await world.put('in/sentiment/c.txt', ROWS);
  const job = { bucket: BUCKET, key: 'in/sentiment/c.txt' };
  await processObject(job, (await start()).parts, onePart());
  await registry.promote('1.0.0');
  await registry.remove('1.2.0');
  s3.fault = ({ key }) =>
    key.includes('/1.2.0/') ? { kind: 'status', status: 404, code: 'NoSuchKey' } : undefined;
  await expect(processObject(job, (await start()).parts, enough)).rejects.toMatchObject({
    code: 'VERSION_GONE',
  });
  expect((await summaryOf('out/sentiment/c.txt/')).error).toEqual({
    code: 'VERSION_GONE',
    message: expect.stringContaining('was begun with sentiment@1.2.0'),
  });
});

it('gives all batches of one execution one version, and another execution the version that is meant by then', async () => {
  await registry.promote('1.0.0');
  const batch = (execution: string, row: number) => ({
    BatchInput: { job: { key: 'backfill/sentiment/d.jsonl', parameters: {} }, execution },
    Items: [{ row, value: 'I love this' }],
  });
  await predictBatch(batch('first', 0), (await start()).parts, enough);
  await registry.promote('1.1.0');
  const { parts } = await start();
  await predictBatch(batch('first', 1), parts, enough);
  await predictBatch(batch('second', 0), parts, enough);
  await predictBatch(batch('first', 2), parts, enough);
  expect(await labelsBelow('out/sentiment@1.0.0/d.jsonl/')).toEqual(['positive', 'positive', 'positive']);
  expect(await labelsBelow('out/sentiment@1.1.0/d.jsonl/')).toEqual(['negative']);
});
