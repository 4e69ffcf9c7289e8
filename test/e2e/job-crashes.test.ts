import { expect, test } from 'vitest';
import { inputsOf } from './job-storm.ts';
import { predictionOf, startJobWorld } from './job-world.ts';
import { startServer } from './server.ts';

test('a job that kills its process has failed with WORKER_LOST after its attempts, and others go on', async () => {
  const world = await startJobWorld();
  const environment = {
    ...world.environment,
    PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
    PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    PILOTLIGHT_MAX_INPUTS: '2000',
    PILOTLIGHT_MAX_CALL_TOKENS: '1000000',
    PILOTLIGHT_JOB_LEASE_SECONDS: '1',
    PILOTLIGHT_JOB_MAX_ATTEMPTS: '2',
  };
  const { id } = await world.jobs.submit(predictionOf(inputsOf(0, 2000)), 'sentiment');
  for (let attempt = 1; attempt <= 2; attempt++) {
    const server = await startServer(environment);
    await expect
      .poll(() => world.view(id), { timeout: 10_000 })
      .toMatchObject({ status: 'running', attempts: attempt });
    server.signal('SIGKILL');
    await server.ended;
  }
  const server = await startServer(environment);
  expect(await world.until(id, 'failed', 'done')).toMatchObject({
    attempts: 2,
    error: { code: 'WORKER_LOST' },
  });
  const { id: other } = await world.jobs.submit(predictionOf('go on'), 'sentiment');
  await world.until(other, 'done');
  server.signal('SIGKILL');
  await server.ended;
  await world.close();
});

/** More than a server can do within its grace. */
const JOBS = 30;

test('at SIGTERM under load each accepted request is answered, and each job is done or back in the queue', async () => {
  const world = await startJobWorld();
  const server = await startServer({
    ...world.environment,
    PILOTLIGHT_MODELS_DIR: 'model-assets/packages',
    PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
    PILOTLIGHT_MAX_INPUTS: '200',
    PILOTLIGHT_JOB_CONCURRENCY: '4',
    PILOTLIGHT_SHUTDOWN_GRACE_MS: '5000',
  });
  const submitted = await Promise.all(
    Array.from({ length: JOBS }, (_, i) => world.jobs.submit(predictionOf(inputsOf(i, 150)), 'sentiment')),
  );
  await server.metricAtLeast('pilotlight_jobs_running', 4);
  const accepted = Array.from({ length: 12 }, (_, i) => server.predict(inputsOf(i, 16)));
  // The scrape itself is one of those in flight.
  await server.metricAtLeast('te_requests_in_flight', 13);
  server.signal('SIGTERM');
  const answers = await Promise.all(accepted);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(await server.ended).toBe(0);
  const views = await Promise.all(submitted.map(({ id }) => world.view(id)));
  const done = views.filter(({ status }) => status === 'done');
  const queued = views.filter(({ status, attempts }) => status === 'queued' && attempts === 0);
  expect(done.length + queued.length).toBe(JOBS);
  expect(queued.length).toBeGreaterThan(0);
  expect(world.messages.counts()).toEqual({ visible: queued.length, hidden: 0 });
  await world.close();
});
