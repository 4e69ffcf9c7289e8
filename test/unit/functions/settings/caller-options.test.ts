/** Who may call, and how much, with Secrets Manager and DynamoDB on this machine. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callerOptions } from '../../../../functions/app/src/settings/caller-options.ts';
import { readConfig } from '../../../../functions/app/src/settings/config.ts';
import { fakeApp, postJson, silent } from '../fake-engine.ts';
import { listenOnLoopback } from '../warmer/loopback.ts';

const SECRET = { PILOTLIGHT_API_KEYS_SECRET: 'keys-of-prod' };
const QUOTAS = { PILOTLIGHT_QUOTAS: JSON.stringify({ table: 'usage-of-prod', requestsPerMinute: 2 }) };
const HASH = createHash('sha256').update('shop-key').digest('hex');

/** The operations that were asked for, each with its body. */
let asked: { operation: string; body: unknown }[];
let connections: number;
let stop: () => Promise<void>;

beforeEach(async () => {
  asked = [];
  connections = 0;
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    asked.push({ operation, body: JSON.parse(await text(request)) });
    const count = { N: '1' };
    const counts = { requests: count, tokens: count, minuteRequests: count };
    const Attributes = { day: { S: '2026-11-30' }, minute: { S: '2026-11-30T12:00' }, ...counts };
    const answers = {
      GetSecretValue: { SecretString: JSON.stringify({ shop: HASH }) },
      UpdateItem: { Attributes },
    };
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(Object.entries(answers).find(([name]) => name === operation)?.[1] ?? {}));
  });
  server.on('connection', () => {
    connections += 1;
  });
  const listening = await listenOnLoopback(server);
  stop = listening.stop;
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL: listening.url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
  })) {
    vi.stubEnv(name, value);
  }
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stop();
});

type Process = Omit<Parameters<typeof callerOptions>[1], 'logger'>;

async function start(environment: Readonly<Record<string, string>>, process: Process = { frozen: false }) {
  const options = await callerOptions(readConfig(environment), { logger: silent, ...process });
  const app = fakeApp(options);
  return {
    options,
    usage: (headers: Record<string, string>) => app.request('/usage', { headers }),
    predict: async (headers: Record<string, string> = {}, env: object = {}) => {
      const { headers: json, ...request } = postJson({ inputs: 'a' });
      return (await app.request('/models/sentiment', { ...request, headers: { ...json, ...headers } }, env))
        .status;
    },
  };
}
const KEY = { 'x-api-key': 'shop-key' };
const operations = () => asked.map(({ operation }) => operation);

it('nobody is asked for a key, or counted, where the settings name neither a secret nor a table', async () => {
  const { options, predict } = await start({});
  expect(options).toEqual({});
  expect(await predict()).toBe(200);
  expect(asked).toEqual([]);
});

it('a process with a secret lets its keys in and nobody else, and counts nothing', async () => {
  const { options, usage, predict } = await start(SECRET);
  expect([await predict(), await predict({ 'x-api-key': 'other' }), await predict(KEY)]).toEqual([
    401, 401, 200,
  ]);
  expect(asked).toEqual([{ operation: 'GetSecretValue', body: { SecretId: 'keys-of-prod' } }]);
  expect((await usage(KEY)).status).toBe(404);
  expect(options.callers?.quotas).toBeUndefined();
});

it('a process with a table and no secret holds the limits of whom the authoriser names, and lets others in uncounted', async () => {
  const { predict } = await start(QUOTAS);
  const shop = { requestContext: { authorizer: { lambda: { apiKeyName: 'shop' } } } };
  expect(await predict()).toBe(200);
  expect(asked).toEqual([]);
  expect([await predict({}, shop), await predict({}, shop), await predict({}, shop)]).toEqual([
    200, 200, 429,
  ]);
  expect(operations()).not.toContain('GetSecretValue');
});

describe('a process with a secret and a table', () => {
  it('counts each key in the table, by the limits of the settings', async () => {
    const { predict } = await start({ ...SECRET, ...QUOTAS });
    expect([await predict(KEY), await predict(KEY), await predict(KEY)]).toEqual([200, 200, 429]);
    await expect.poll(operations).toContain('UpdateItem');
    for (const { body } of asked.slice(1)) {
      expect(body).toMatchObject({ TableName: 'usage-of-prod', Key: { key: { S: 'shop' } } });
    }
  });

  it('writes its counts when it is told to, where it is frozen after each answer', async () => {
    const { options, predict } = await start({ ...SECRET, ...QUOTAS }, { frozen: true });
    expect(await predict(KEY)).toBe(200);
    expect(operations()).toEqual(['GetSecretValue']);
    await options.callers?.quotas?.settle();
    expect(operations()).toEqual(['GetSecretValue', 'UpdateItem']);
  });

  it('writes the last counts before the next request, where it may be frozen while it has none', async () => {
    const { predict } = await start({ ...SECRET, ...QUOTAS }, { frozen: false, mayFreeze: true });
    expect(await predict(KEY)).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(operations()).not.toContain('UpdateItem');
  });

  it.each([
    [{ frozen: false }, 'keeps its connection', 1],
    [{ frozen: true }, 'connects anew each time', 2],
    [{ frozen: false, mayFreeze: true }, 'connects anew each time', 2],
  ])('that is %j %s to the table', async (process, _, expected) => {
    const { options, predict } = await start(QUOTAS, process);
    for (const apiKeyName of ['shop', 'batch']) {
      await predict({}, { requestContext: { authorizer: { lambda: { apiKeyName } } } });
      await options.callers?.quotas?.settle();
    }
    const requests = asked.length;
    expect(requests).toBeGreaterThan(1);
    expect(connections).toBe(expected === 1 ? 1 : requests);
  });
});
