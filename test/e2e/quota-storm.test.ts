/** Two keys, three servers that are processes of their own, and a DynamoDB that is not ours between them. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startUsageDatabase, TABLE, type UsageDatabase } from '../fixtures/usage-database.ts';
import { cases, LONG } from '../scale.ts';
import { workspace } from './http-service.ts';
import { serveSecret } from './secrets.ts';
import { type InferenceServer, startServer } from './server.ts';

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const TEXT = 'I love this film';
/** Requests of each key that are under way at once, and those that it sends in all. */
const [AT_ONCE, IN_ALL] = [100, cases({ short: 160, long: 300 })];
/** In texts. With those that may be over it, each is below `IN_ALL`, so that a limit that nobody holds is noticed. */
const LIMITS = { shop: cases({ short: 50, long: 150 }), batch: cases({ short: 20, long: 120 }) };
type Key = keyof typeof LIMITS;

const { packages } = workspace(['sentiment']);
let database: UsageDatabase;
let secrets: Awaited<ReturnType<typeof serveSecret>>;
let servers: InferenceServer[];
/** Of one text. */
let tokens: number;

const settings = () => ({
  PILOTLIGHT_MODELS_DIR: packages,
  PILOTLIGHT_PRELOAD_MODELS: 'sentiment',
  PILOTLIGHT_EXECUTION_PROVIDER: 'cpu',
  PILOTLIGHT_QUOTAS: JSON.stringify({ table: TABLE }),
  PILOTLIGHT_API_KEYS_SECRET: 'keys',
  AWS_ENDPOINT_URL_DYNAMODB: database.url,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
});

const ask = (server: InferenceServer | undefined, key: string) =>
  fetch(`${server?.url}/models/sentiment`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: TEXT }),
  });
const usageOf = async (server: InferenceServer | undefined, key: string) =>
  (await fetch(`${server?.url}/usage`, { headers: { 'x-api-key': key } })).json();
/** Counts follow their answers within moments. */
const counted = (key: string, requests: number) =>
  expect
    .poll(async () => (await database.item(key))?.requests, {
      timeout: 20_000,
    })
    .toBe(requests);

beforeAll(async () => {
  database = await startUsageDatabase();
  secrets = await serveSecret(JSON.stringify({ probe: sha256('probe') }));
  const probe = await startServer(settings());
  tokens = Number((await ask(probe, 'probe')).headers.get('x-compute-tokens'));
  probe.signal('SIGTERM');
  await probe.ended;
  await secrets.stop();
  const limits = Object.entries(LIMITS).map(([name, texts]) => [
    name,
    { sha256: sha256(name), tokensPerDay: texts * tokens },
  ]);
  secrets = await serveSecret(
    JSON.stringify({ ...Object.fromEntries(limits), free: sha256('free'), killed: sha256('killed') }),
  );
  servers = await Promise.all([1, 2, 3].map(() => startServer(settings())));
});
afterAll(async () => {
  for (const server of servers) server.signal('SIGKILL');
  await secrets.stop();
  database.stop();
});

describe('quotas of keys', () => {
  test('were counted before the server ended', () => counted('probe', 1));

  test('hold in a storm of 200 requests at once, over by no more than what was under way, and nothing is lost', async () => {
    const storm = async (key: Key) => {
      let [sent, answered] = [0, 0];
      const client = async () => {
        while (sent < IN_ALL) {
          sent += 1;
          const response = await ask(servers[sent % servers.length], key);
          await response.arrayBuffer();
          if (response.ok) answered += 1;
          else {
            expect(response.status).toBe(429);
            expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, client));
      return answered;
    };
    const keys: readonly Key[] = ['shop', 'batch'];
    const answered = await Promise.all(keys.map(storm));
    for (const [index, key] of keys.entries()) {
      const requests = answered[index] ?? 0;
      expect(requests).toBeGreaterThanOrEqual(LIMITS[key]);
      expect(requests).toBeLessThanOrEqual(LIMITS[key] + AT_ONCE);
      await counted(key, requests);
      expect(await database.item(key)).toMatchObject({
        tokens: requests * tokens,
      });
      if (LONG) console.log(`${key}: limit ${LIMITS[key]}, answered ${requests} of ${IN_ALL}`);
      // Each server asks the table again after a second.
      await expect
        .poll(() => usageOf(servers[0], key), { timeout: 10_000 })
        .toMatchObject({
          key,
          requests_today: requests,
          tokens_per_day: { used: requests * tokens, limit: LIMITS[key] * tokens, remaining: 0 },
        });
    }
  });

  test('go on in another server when one is killed, and lose what it had not written', async () => {
    const doomed = await startServer(settings());
    for (let turn = 1; turn <= 3; turn++) {
      await (await ask(doomed, 'killed')).arrayBuffer();
      await counted('killed', turn);
    }
    const last = await ask(doomed, 'killed');
    doomed.signal('SIGKILL');
    await last.arrayBuffer().catch(() => undefined);
    await doomed.ended;
    await (await ask(servers[0], 'killed')).arrayBuffer();
    await expect
      .poll(async () => (await database.item('killed'))?.requests, {
        timeout: 20_000,
      })
      .toBeGreaterThanOrEqual(4);
    const used = (await database.item('killed'))?.requests;
    expect([4, 5]).toContain(used);
    expect(await usageOf(servers[0], 'killed')).toMatchObject({ requests_today: used });
  });
});
