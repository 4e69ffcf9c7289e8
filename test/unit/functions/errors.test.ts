import { EngineError, PilotlightError } from '@pilotlight/engine';
import { ENGINE_ERROR_CODES } from '@pilotlight/model-format/errors';
import { describe, expect, it, vi } from 'vitest';
import { STATUS_OF } from '../../../functions/app/src/http/error-codes.ts';
import { fakeApp, fakeEngine, postJson, preparing, silent } from './fake-engine.ts';

async function answerTo(failure: unknown, logger = silent) {
  const app = fakeApp({ engine: fakeEngine({ failure }), logger });
  const response = await app.request('/models/sentiment', postJson({ inputs: 'a' }));
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const secret = '/opt/models/sentiment/1.0.0/int8/weights.bin';

describe('an error of the engine', () => {
  it.each(ENGINE_ERROR_CODES)('%s is answered with its status and its code', async (code) => {
    const { status, body } = await answerTo(new EngineError(code, 'A message.'));
    expect(status).toBe(STATUS_OF[code]);
    expect(body).toMatchObject({ error: expect.stringMatching(/\S/), code });
  });

  it('that is the client’s carries message and details', async () => {
    const details = { field: 'inputs', index: 0, tokens: 600, maxTokens: 512 };
    const failure = new EngineError('INPUT_TOO_LONG', 'Input 0 has 600 tokens.', { details });
    const { status, body } = await answerTo(failure);
    expect(status).toBe(422);
    expect(body).toEqual({ error: 'Input 0 has 600 tokens.', code: 'INPUT_TOO_LONG', ...details });
  });

  it('that is the service’s names the model and nothing of its inside', async () => {
    const failure = new EngineError('PACKAGE_CORRUPT', `The sha256 of ${secret} differs.`, {
      details: { model: 'sentiment', version: '1.0.0', file: secret },
      cause: new TypeError(secret),
    });
    const { status, body } = await answerTo(failure);
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'PACKAGE_CORRUPT', model: 'sentiment', version: '1.0.0' });
    expect(JSON.stringify(body)).not.toContain('weights.bin');
  });

  it('that is the service’s is logged with its cause', async () => {
    const error = vi.fn();
    const failure = new EngineError('SESSION_FAILED', 'It broke.', { cause: new TypeError(secret) });
    await answerTo(failure, { ...silent, error });
    expect(error).toHaveBeenCalledWith(
      'A request failed',
      expect.objectContaining({ route: 'predict', code: 'SESSION_FAILED', error: failure }),
    );
  });

  it('OVERLOADED is 429, never 503, and says when to come back', async () => {
    const { status, headers } = await answerTo(new EngineError('OVERLOADED', 'Busy.'));
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
  });
});

describe('anything else that is thrown', () => {
  it.each([
    ['an Error', new TypeError(secret)],
    ['a Pilotlight error of a code that is not on the list', new PilotlightError('SOME_CODE', secret)],
    ['a string', secret],
    ['nothing', null],
  ])('is INTERNAL without internals: %s', async (_, failure) => {
    const { status, body } = await answerTo(failure);
    expect(status).toBe(500);
    expect(body).toEqual({ error: 'The service failed. The log says why.', code: 'INTERNAL' });
  });
});

describe('a request that no route takes', () => {
  it('is 404 with a code where nothing is at its path', async () => {
    const response = await fakeApp().request('/modles');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is 405 with Allow where its method is not one of the path’s', async () => {
    const response = await fakeApp().request('/models/sentiment', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD');
    expect(await response.json()).toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
      allowed: ['POST', 'GET', 'HEAD'],
    });
  });

  it.each([
    '/models/../etc/passwd',
    '/models/%2e%2e%2fetc',
    '/models/%2e%2e/%2e%2e/etc',
    '/models/..;/x',
    '/models/%00',
    '/models/%zz',
  ])('is a 4xx with a code where its path plays tricks: %s', async (path) => {
    const response = await fakeApp().request(`http://localhost${path}`, postJson({ inputs: 'a' }));
    expect(response.status).toBeGreaterThanOrEqual(404);
    expect(response.status).toBeLessThanOrEqual(405);
    expect(await response.json()).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
  });
});

describe('too many predictions at once', () => {
  it('are refused with 429 while others are under way, and taken again afterwards', async () => {
    const gate = Promise.withResolvers<void>();
    const engine = fakeEngine();
    const { predict } = engine;
    const slow = {
      ...engine,
      prepare: preparing(async (...call) => gate.promise.then(() => predict(...call))),
    };
    const app = fakeApp({ engine: slow, limits: { maxConcurrentRequests: 2 } });
    const ask = () => app.request('/models/sentiment', postJson({ inputs: 'a' }));
    const underWay = [ask(), ask()];
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'OVERLOADED' });
    gate.resolve();
    expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await ask()).status).toBe(200);
  });
});
