/** The built predict function with quotas, in local Lambda, beside a DynamoDB that is not ours. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, request as send } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { startUsageDatabase, TABLE, type UsageDatabase } from '../fixtures/usage-database.ts';
import { listenOnLoopback } from '../unit/functions/warmer/loopback.ts';
import { PACKAGES } from './packages.ts';

let database: UsageDatabase;
let proxy: { url: string; stop: () => Promise<void> };
let lambda: LocalLambda;
let taskRoot: string;
/** Counts on their way to the database are held back while it is set. */
let held: (() => void)[] | undefined;

/** Stands before the database. */
function slowDatabase(): Server {
  return createServer((request, response) => {
    const pass = () => {
      const { method = 'POST', headers } = request;
      request.pipe(
        send(database.url, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }).on('error', () => response.destroy()),
      );
    };
    const isCount = /UpdateItem$/.test(String(request.headers['x-amz-target']));
    if (held && isCount) held.push(pass);
    else pass();
  });
}

beforeAll(async () => {
  database = await startUsageDatabase();
  proxy = await listenOnLoopback(slowDatabase());
  const predict = await builtPredict([describePackage(PACKAGES, { name: 'sentiment' })], {
    environment: {
      PILOTLIGHT_QUOTAS: JSON.stringify({ table: TABLE, requestsPerMinute: 1000 }),
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
    },
  });
  ({ taskRoot } = predict);
  lambda = await LocalLambda.start({ functions: [predict] });
});
afterAll(async () => {
  await lambda.close();
  await proxy.stop();
  database.stop();
});
beforeEach(() => {
  held = undefined;
});

const event = JSON.parse(readFileSync('test/fixtures/events/predict.json', 'utf8'));
async function ask(apiKeyName: string, limits: object = {}, changes: object = {}) {
  const authorizer = { lambda: { apiKeyName, ...limits } };
  const requestContext = { ...event.requestContext, authorizer };
  const payload = JSON.stringify({ ...event, requestContext, ...changes });
  const outcome = await lambda.invoke({ functionName: 'predict:live', payload });
  return { ...outcome, ...JSON.parse(outcome.payload.toString()) };
}
const isFree = () =>
  expect.poll(() => lambda.environments('predict').some(({ busy }) => busy), { timeout: 10_000 }).toBe(false);
const itemOf = (key: string) => database.item(key);

describe('the predict function with quotas', () => {
  test('counts each request of a key once it is answered', async () => {
    const { statusCode, headers } = await ask('shop');
    expect(statusCode).toBe(200);
    await isFree();
    await ask('shop');
    await isFree();
    expect(await itemOf('shop')).toMatchObject({
      requests: 2,
      tokens: 2 * Number(headers['x-compute-tokens']),
    });
  });

  test('answers before it counts, and takes the next request when it has', async () => {
    held = [];
    const { statusCode, environment } = await ask('slow');
    expect(statusCode).toBe(200);
    expect(await itemOf('slow')).toBeUndefined();
    await expect.poll(() => held?.length, { timeout: 10_000 }).toBe(1);
    expect(lambda.environments('predict')).toContainEqual(
      expect.objectContaining({ id: environment, busy: true }),
    );
    for (const pass of held.splice(0)) pass();
    held = undefined;
    await isFree();
    expect(await itemOf('slow')).toMatchObject({ requests: 1 });
    expect((await ask('slow')).environment).toBe(environment);
    await isFree();
  });

  test('loses one count at most when it is killed between the answer and the count', async () => {
    for (let turn = 0; turn < 3; turn++) {
      await ask('killed');
      await isFree();
    }
    held = [];
    const { environment, statusCode } = await ask('killed');
    expect(statusCode).toBe(200);
    await expect.poll(() => held?.length, { timeout: 10_000 }).toBe(1);
    const { pid = 0 } = lambda.environments('predict').find(({ id }) => id === environment) ?? {};
    process.kill(pid, 'SIGKILL');
    held = undefined;
    for (let turn = 0; turn < 2; turn++) {
      await ask('killed');
      await isFree();
    }
    expect(await itemOf('killed')).toMatchObject({ requests: 5 });
  });

  test('refuses what is beyond the limit of the authoriser, and tells when to come back', async () => {
    const limits = { requestsPerMinute: 1, tokensPerDay: 1 };
    expect((await ask('small', limits)).statusCode).toBe(200);
    await isFree();
    const refused = await ask('small', limits);
    expect(refused.statusCode).toBe(429);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await isFree();
    expect(await itemOf('small')).toMatchObject({ requests: 1 });
    const http = { ...event.requestContext.http, method: 'GET', path: '/usage' };
    const authorizer = { lambda: { apiKeyName: 'small', ...limits } };
    const requestContext = { ...event.requestContext, http, authorizer };
    const usage = await ask('small', limits, { rawPath: '/usage', body: undefined, requestContext });
    expect(JSON.parse(usage.body)).toMatchObject({
      key: 'small',
      requests_per_minute: { used: 1, limit: 1, remaining: 0 },
      tokens_per_day: { limit: 1, remaining: 0 },
    });
  });

  test('has the client of DynamoDB in a file that a cold start does not read', () => {
    const read = new Set<string>();
    const follow = (file: string): void => {
      if (read.has(file)) return;
      read.add(file);
      const code = readFileSync(file, 'utf8');
      for (const [, name = ''] of code.matchAll(/^(?:import|export)\b[^;]*?["'](\.[^"']+\.mjs)["'];/gm)) {
        follow(join(file, '..', name));
      }
    };
    follow(join(taskRoot, 'index.mjs'));
    const files = readdirSync(join(taskRoot, 'chunks')).map((name) => join(taskRoot, 'chunks', name));
    const clients = files.filter((file) => readFileSync(file, 'utf8').includes('DynamoDB_20120810'));
    expect(read.size).toBeGreaterThan(1);
    expect(clients.length).toBeGreaterThan(0);
    expect(clients.filter((file) => read.has(file))).toEqual([]);
  });
});
