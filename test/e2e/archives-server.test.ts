/** An archive in the server of the container: jobs with the JSON of its predictor, code of the team's own, and metrics of its tokens. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareAnswers } from '../../layers/engine/src/runtimes/allennlp/goldens/compare-answers.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { addExample, EXAMPLE, INPUTS, OUTPUTS, SENTENCE } from './example-archive.ts';
import { type JobWorld, startJobWorld } from './job-world.ts';
import { type InferenceServer, startServer } from './server.ts';

const packages = join(temporaryFolder(), 'packages');
let world: JobWorld;
let server: InferenceServer;
const settings = () => ({
  ...world.environment,
  PILOTLIGHT_MODELS_DIR: packages,
  PILOTLIGHT_PRELOAD_MODELS: 'ner',
});
beforeAll(async () => {
  world = await startJobWorld();
  await addExample(packages);
  server = await startServer(settings());
}, 60_000);
afterAll(async () => {
  server.signal('SIGKILL');
  await server.ended;
  await world.close();
});

async function resultOf(path: string, body: unknown): Promise<unknown> {
  const init = { method: 'POST', body: JSON.stringify(body) };
  const accepted = await fetch(server.url + path, init);
  expect(accepted.status).toBe(202);
  const { job } = Object(await accepted.json());
  const { status, ...view } = await world.until(job, 'done', 'failed');
  expect(status, JSON.stringify(view)).toBe('done');
  return 'result' in view ? view.result : undefined;
}

test("a job takes the predictor's JSON, one object or a list", async () => {
  const one = await resultOf('/jobs', { model: 'ner', inputs: INPUTS[0] });
  expect(compareAnswers(OUTPUTS[0], one).problem).toBeUndefined();
  const all = await resultOf('/jobs', { model: 'ner', inputs: INPUTS });
  expect(compareAnswers(OUTPUTS, all).problem).toBeUndefined();
});

test('a request to a route of AllenNLP becomes a job as it stands, as a function hands it over', async () => {
  const request = {
    path: '/models/ner/predict_batch',
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify(INPUTS)),
  };
  const { id: job } = await world.jobs.submit(request, 'ner');
  const view = await world.until(job, 'done', 'failed');
  expect(view.status).toBe('done');
});

test('a job that the model refuses has failed with the field', async () => {
  const init = { method: 'POST', body: JSON.stringify({ model: 'ner', inputs: { sentence: '' } }) };
  const { job } = Object(await (await fetch(`${server.url}/jobs`, init)).json());
  expect(await world.until(job, 'done', 'failed')).toMatchObject({
    status: 'failed',
    error: { code: 'INVALID_INPUT' },
  });
});

test('metrics have its tokens and batches under its name', async () => {
  await server.predict(SENTENCE, 'ner');
  const metrics = await server.metrics();
  expect(metrics).toMatch(/_tokens_total\{[^}]*model="ner"[^}]*\} [1-9]/);
  expect(metrics).toMatch(/te_batch_next_tokens_sum\{model="ner",version="1.0.0"\} [1-9]/);
  expect(metrics).toMatch(/te_request_input_length_count\{model="ner",version="1.0.0"\} [1-9]/);
});

test("the server answers the JSON of the team's own predictor", async () => {
  const own = await startServer({
    ...settings(),
    PILOTLIGHT_PREDICTORS: join(EXAMPLE, 'predictors.mjs'),
  });
  const { status, body } = await own.predict({ text: SENTENCE }, 'ner');
  own.signal('SIGKILL');
  await own.ended;
  expect({ status, body }).toMatchObject({ status: 200, body: { names: [{ name: 'Joel Smith' }, {}] } });
}, 30_000);
