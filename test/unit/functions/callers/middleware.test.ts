import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseApiKeys } from '../../../../functions/app/src/serve/callers/api-keys.ts';
import { gatewayKeys } from '../../../../functions/app/src/serve/callers/gateway-keys.ts';
import { LocalUsage } from '../../../../functions/app/src/serve/callers/local-usage.ts';
import { makeCallers } from '../../../../functions/app/src/serve/callers/middleware.ts';
import { ownKeys } from '../../../../functions/app/src/serve/callers/own-keys.ts';
import { Quotas } from '../../../../functions/app/src/serve/callers/quotas.ts';
import { fakeApp, silent } from '../fake-engine.ts';

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');
const SECRET = JSON.stringify({
  shop: { sha256: [sha256('shop-key')], requestsPerMinute: 2 },
  batch: sha256('batch-key'),
});
const keys = ownKeys(async () => parseApiKeys(SECRET), silent);
const quotas = () => new Quotas(new LocalUsage(), { logger: silent });
const guarded = (counts = quotas()) => fakeApp({ callers: makeCallers({ keys, quotas: counts }) });

const ask = (app: ReturnType<typeof fakeApp>, headers: Record<string, string>, path = '/models/sentiment') =>
  app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: path.startsWith('/v1') ? '{"model":"vectors","input":"a"}' : '{"inputs":"a"}',
  });

describe('an app with keys', () => {
  it.each([
    ['x-api-key', { 'x-api-key': 'batch-key' }],
    [
      'a bearer token, as clients of OpenAI, Hugging Face and TEI send it',
      { authorization: 'Bearer batch-key' },
    ],
  ])('answers whoever has a key in %s', async (_title, headers) => {
    expect((await ask(guarded(), headers)).status).toBe(200);
  });

  it.each([
    ['no key', {}, /has no key/],
    ['another key', { 'x-api-key': 'shop' }, /not known/],
    ['the hash of a key', { authorization: `Bearer ${sha256('batch-key')}` }, /not known/],
  ])('refuses %s with 401, and says how a key is sent', async (_title, headers, reason) => {
    const response = await ask(guarded(), headers);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(await response.json()).toMatchObject({
      code: 'UNAUTHORIZED',
      error: expect.stringMatching(reason),
    });
  });

  it('does the jobs of whoever was let in without their keys, which only its own process can ask for', async () => {
    const request = () =>
      new Request('http://localhost/models/sentiment', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"inputs":"a"}',
      });
    expect((await guarded().fetch(request(), { background: true })).status).toBe(200);
    expect((await guarded().fetch(request())).status).toBe(401);
  });

  it('speaks of keys and limits in the words of the wire format', async () => {
    const app = guarded();
    expect(await (await ask(app, {}, '/v1/embeddings')).json()).toEqual({
      error: expect.objectContaining({ code: 'UNAUTHORIZED', type: 'invalid_request_error' }),
    });
    const shop = { 'x-api-key': 'shop-key' };
    for (let turn = 0; turn < 2; turn++) await ask(app, shop, '/v1/embeddings');
    const refused = await ask(app, shop, '/v1/embeddings');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code: 'RATE_LIMITED', type: 'rate_limit_error' } });
  });

  it('lets nobody in while keys cannot be had, but for probes of its health', async () => {
    const closed = ownKeys(() => Promise.reject(new TypeError('no secret')), silent);
    const app = fakeApp({ callers: makeCallers({ keys: closed }) });
    expect((await ask(app, { 'x-api-key': 'batch-key' })).status).toBe(503);
    for (const path of ['/health', '/ready']) expect((await app.request(path)).status).toBe(200);
    for (const path of ['/models', '/metrics', '/docs', '/usage']) {
      expect((await app.request(path)).status).toBe(401);
    }
  });

  it('counts predictions by their tokens, and no questions', async () => {
    const app = guarded();
    const headers = { 'x-api-key': 'shop-key' };
    await ask(app, headers);
    await app.request('/models', { headers });
    const usage = await (await app.request('/usage', { headers })).json();
    expect(usage).toMatchObject({
      key: 'shop',
      requests_per_minute: { used: 1, limit: 2, remaining: 1 },
      tokens_per_day: { used: 5, limit: null },
    });
  });

  it('says at GET /usage that nobody counts where there are no quotas', async () => {
    const app = fakeApp({ callers: makeCallers({ keys }) });
    const response = await app.request('/usage', { headers: { 'x-api-key': 'batch-key' } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: expect.stringMatching(/Nobody counts/) });
    expect((await fakeApp().request('/usage')).status).toBe(404);
  });

  it('describes GET /usage only where it counts', async () => {
    const paths = async (app: ReturnType<typeof fakeApp>) =>
      JSON.parse(await (await app.request('/openapi.json', { headers: { 'x-api-key': 'batch-key' } })).text())
        .paths;
    expect(await paths(guarded())).toHaveProperty('/usage');
    expect(await paths(fakeApp({ callers: makeCallers({ keys }) }))).not.toHaveProperty('/usage');
  });
});

describe('an app behind the authoriser of an API', () => {
  const told = (lambda: object) => ({ requestContext: { authorizer: { lambda } } });
  const app = fakeApp({ callers: makeCallers({ keys: gatewayKeys, quotas: quotas() }) });
  const predict = (env: object) =>
    app.request(
      '/models/sentiment',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"inputs":"a"}' },
      env,
    );

  it('holds the limits that the authoriser passed on, as numbers or as text', async () => {
    for (const requestsPerMinute of [1, '1']) {
      const env = told({ apiKeyName: `key-${typeof requestsPerMinute}`, requestsPerMinute });
      expect((await predict(env)).status).toBe(200);
      expect((await predict(env)).status).toBe(429);
    }
  });

  it('answers whoever may invoke the function itself, uncounted', async () => {
    for (const env of [{}, told({}), { requestContext: {} }]) expect((await predict(env)).status).toBe(200);
  });
});
