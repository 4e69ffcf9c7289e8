import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { LocalWebFunction, type LogLine, type WebFunction } from '@pilotlight/local';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterAll, afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { builtWeb } from '../../cli/src/start/lambda/serve-web.ts';
import { metricOf } from './server.ts';

const PACKAGES = 'model-assets/packages';
const MODELS = [{ name: 'sentiment', version: '1.0.1' }];

let web: LocalWebFunction;
let url = '';
let log: LogLine[] = [];
const logged = () => log.map(({ text }) => text).join('\n');

async function start(settings: Partial<WebFunction> = {}): Promise<void> {
  log = [];
  const { definition } = builtWeb(PACKAGES, MODELS);
  const environment = { ...definition.environment, ...settings.environment };
  web = new LocalWebFunction({ ...definition, ...settings, environment }, { log: (line) => log.push(line) });
  url = await web.serve();
}
afterEach(() => web.close());

const textOf = (number: number) => `film ${number} was ${number % 3 === 0 ? 'dull' : 'a joy'} to watch`;
async function predict(inputs: unknown, headers: Record<string, string> = {}) {
  const init = { method: 'POST', headers, body: JSON.stringify({ inputs }) };
  const response = await fetch(`${url}/models/sentiment`, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

test('64 requests to a web function at zero are answered by one environment, in shared batches, as each would be alone', async () => {
  await start();
  const texts = Array.from({ length: 64 }, (_, number) => textOf(number));
  const together = await Promise.all(texts.map((text) => predict(text)));
  expect(web.usage()).toMatchObject([{ requests: 64 }]);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metricOf(metrics, 'te_batch_next_size_sum')).toBe(64);
  expect(metricOf(metrics, 'te_batch_next_size_count')).toBeLessThan(64);
  expect(together.every(({ status }) => status === 200)).toBe(true);
  for (const number of [0, 21, 42, 63]) {
    expect(together[number]?.body).toEqual((await predict(texts[number])).body);
  }
});

test('a web function listens before its models are loaded, and the first request waits for them', async () => {
  await start();
  expect((await predict('a fine film')).status).toBe(200);
  expect(logged()).toMatch(/"Listening"[\s\S]*"Models preloaded".*sentiment@1\.0\.1/);
  expect(logged()).not.toMatch(/"Models preloaded"[\s\S]*"Listening"/);
});

test('a request has in the answer and in the log of a web function the id that Lambda gave it', async () => {
  await start();
  const { headers } = await predict('a fine film', { 'x-request-id': 'mine' });
  expect(headers.get('x-request-id')).toBe(headers.get('lambda-web-request-id'));
  expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
});

test('a web function that is told to end answers what is under way, and is gone within the second that it has', async () => {
  await start({ freezes: false });
  await predict('a fine film');
  const inputs = Array.from({ length: 64 }, (_, number) => textOf(number));
  const underWay = predict(inputs);
  await expect.poll(() => web.environments(), { interval: 1 }).toMatchObject([{ inFlight: 1 }]);
  await web.scaleToZero();
  expect((await underWay).status).toBe(200);
  expect(logged()).toMatch(/"Draining"[\s\S]*"platform.spinDownReport".*"success"/);
});

test('a web function whose settings are wrong does not start, and its log says which', async () => {
  await start({ environment: { PILOTLIGHT_MAX_INPUTZ: '1' } });
  const response = await fetch(`${url}/health`);
  expect([response.status, response.headers.get('lambda-web-error-type')]).toEqual([
    500,
    'Runtime.InitError',
  ]);
  expect(logged()).toMatch(/PILOTLIGHT_MAX_INPUTZ: is not known\. Did you mean PILOTLIGHT_MAX_INPUTS\?/);
});

/** The lines of metrics in the log. */
const metricLines = () =>
  log.flatMap(({ source, text }) =>
    source === 'stdout' && text.includes('"_aws"') ? [z.looseObject({}).parse(JSON.parse(text))] : [],
  );

test('a web function writes metrics as lines of its log: of its start, of the load, and of each request', async () => {
  await start({
    environment: { PILOTLIGHT_METRICS_NAMESPACE: 'Pilotlight/acme-dev', PILOTLIGHT_FUNCTION_NAME: 'nlp' },
  });
  await predict('a fine film');
  await expect.poll(() => metricLines().some((line) => 'LoadTime' in line)).toBe(true);
  await predict('a fine film');
  const lines = metricLines();
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ function_name: 'nlp', InitTime: expect.any(Number), ColdStart: 1 }),
      expect.objectContaining({ model: 'sentiment', LoadTime: expect.any(Number) }),
      expect.objectContaining({ model: 'sentiment', Requests: 1, Tokens: 5 }),
    ]),
  );
  expect(JSON.stringify(lines[0])).toContain('"Namespace":"Pilotlight/acme-dev"');
});

test('a web function that writes metrics once a minute writes what it held back when it is told to end', async () => {
  await start({ environment: { PILOTLIGHT_REQUEST_METRICS: 'minute' } });
  for (let request = 0; request < 4; request++) await predict('a fine film');
  await web.scaleToZero();
  const requests = metricLines().flatMap(({ Requests }) => z.number().optional().parse(Requests) ?? []);
  expect(requests).toEqual([1, 3]);
});

const KEY = 'key-of-the-shop';
const secrets = createServer((_, response) => {
  const SecretString = JSON.stringify({ shop: createHash('sha256').update(KEY).digest('hex') });
  response.end(JSON.stringify({ SecretString }));
});
afterAll(() => secrets.close());

test('a web function with keys of its own lets in who has one, by either header, and whoever asks for its health', async () => {
  secrets.listen(0, '127.0.0.1');
  await once(secrets, 'listening');
  await start({
    environment: {
      PILOTLIGHT_API_KEYS_SECRET: 'keys',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${listeningPort(secrets)}`,
    },
  });
  const callers = [{}, { 'x-api-key': 'another' }, { 'x-api-key': KEY }, { authorization: `Bearer ${KEY}` }];
  const answers = await Promise.all(callers.map((headers) => predict('a fine film', headers)));
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 200, 200]);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  expect(logged()).not.toContain(KEY);
});

test('a web function that answered its last request sends no count that a freeze would cut off, and writes it when it is told to end', async () => {
  const asked: string[] = [];
  const aws = createServer((request, response) => {
    const action = String(request.headers['x-amz-target']).replace(/.*\./, '');
    asked.push(action);
    const SecretString = JSON.stringify({ shop: createHash('sha256').update(KEY).digest('hex') });
    request
      .resume()
      .once('end', () => response.end(JSON.stringify(action === 'GetSecretValue' ? { SecretString } : {})));
  }).listen(0, '127.0.0.1');
  await once(aws, 'listening');
  const address = `http://127.0.0.1:${listeningPort(aws)}`;
  await start({
    environment: {
      PILOTLIGHT_API_KEYS_SECRET: 'keys',
      PILOTLIGHT_QUOTAS: JSON.stringify({ table: 'usage', requestsPerMinute: 10 }),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: address,
      AWS_ENDPOINT_URL_DYNAMODB: address,
    },
  });
  expect((await predict('a fine film', { 'x-api-key': KEY })).status).toBe(200);
  await expect.poll(() => web.environments()).toMatchObject([{ isFrozen: true }]);
  expect(asked).toEqual(['GetSecretValue', 'GetItem']);
  await web.scaleToZero();
  expect(asked).toEqual(['GetSecretValue', 'GetItem', 'UpdateItem']);
  aws.close();
});
