import { expect, it } from 'vitest';
import { readConfig } from '../../../../functions/app/src/settings/config.ts';
import { handOverOptions } from '../../../../functions/app/src/settings/hand-over-options.ts';
import { readJobPlace } from '../../../../functions/app/src/settings/job-place.ts';
import { silent } from '../fake-engine.ts';

const QUEUE = { PILOTLIGHT_JOB_QUEUE_URL: 'http://127.0.0.1:9/0/jobs', PILOTLIGHT_JOB_BUCKET: 'jobs' };
const SERVER = {
  PILOTLIGHT_SERVER: JSON.stringify({ url: 'http://127.0.0.1:9', models: { large: 'job' }, maxInferMs: 500 }),
};
const options = (environment: Readonly<Record<string, string>>) =>
  handOverOptions(readConfig(environment), silent);

it('a function hands nothing over, and takes no jobs, where the settings name neither', async () => {
  expect(await options({})).toEqual({});
});

it('a function with a server and no queue hands over the models of the server, and takes no jobs', async () => {
  const made = await options(SERVER);
  expect(Object.keys(made)).toEqual(['handOver']);
  expect(made.handOver).toMatchObject({ models: ['large'], maxInferMs: 500, queues: false });
});

it('a function with a queue and no server takes jobs', async () => {
  expect(Object.keys(await options(QUEUE))).toEqual(['jobs']);
});

it('a function with a server and a queue takes jobs, and hands requests to either', async () => {
  const made = await options({ ...QUEUE, ...SERVER });
  expect(made.jobs).toBeDefined();
  expect(made.handOver).toMatchObject({ models: ['large'], queues: true });
});

it('a function with a server refuses jobs for other models than those of the server, before it reaches the queue', async () => {
  const { jobs } = await options({ ...QUEUE, ...SERVER });
  const request = { path: '/models/small', contentType: 'application/json', body: Buffer.of() };
  await expect(jobs?.submit(request, 'small')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

it.each([
  [{}, 72],
  [{ PILOTLIGHT_JOB_DEADLINE_HOURS: '336' }, 336],
])('a job has failed after hours, with %j after %s', (environment, hours) => {
  const place = { queueUrl: QUEUE.PILOTLIGHT_JOB_QUEUE_URL, bucket: 'jobs', prefix: 'jobs/' };
  expect(readJobPlace(readConfig({ ...QUEUE, ...environment }))).toEqual({
    ...place,
    deadlineMs: hours * 60 * 60 * 1000,
  });
});

it('jobs have no place where there is no queue', () => {
  expect(readJobPlace(readConfig({}))).toBeUndefined();
});
