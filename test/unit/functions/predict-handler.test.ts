import { readFileSync } from 'node:fs';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { EngineError } from '@pilotlight/engine';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandler } from '../../../functions/predict/create-handler.ts';
import { DEFAULT_LIMITS } from '../../../functions/shared/api/limits.ts';
import { preload } from '../../../functions/shared/preload.ts';
import { type FakeEngine, fakeEngine, silent } from './fake-engine.ts';

const event = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/events/${name}.json`, import.meta.url), 'utf8'));

const context = {
  functionName: 'pilotlight-predict',
  functionVersion: '7',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:pilotlight-predict:live',
  memoryLimitInMB: '1769',
  awsRequestId: '5c5f0d5e-0000-4000-8000-000000000000',
  logGroupName: '/aws/lambda/pilotlight-predict',
  logStreamName: '2026/10/29/[7]0',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => 29_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

let emitted: Record<string, unknown>[];

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
  emitted = [];
  const capture = (line: string) => emitted.push(JSON.parse(line));
  vi.spyOn(console, 'log').mockImplementation(capture);
  vi.spyOn(console, 'error').mockImplementation(capture);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function handlerOf(engine: FakeEngine, settled = preload(engine, ['sentiment'], silent)) {
  const handler = createHandler({
    engine,
    preload: settled,
    limits: DEFAULT_LIMITS,
    logger: new Logger({ serviceName: 'pilotlight' }),
    metrics: new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' }),
  });
  return async (name: string) => handler(event(name), context);
}

describe('the predict function', () => {
  it.each(['predict', 'predict-base64', 'predict-named-stage'])('answers the event %s', async (name) => {
    const result = await handlerOf(fakeEngine())(name);
    expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: false });
    expect(JSON.parse(result.body)).toEqual([[{ label: 'positive', score: 0.9 }]]);
    expect(result.headers).toMatchObject({ 'content-type': 'application/json', 'x-compute-tokens': '5' });
  });

  it('answers a GET with cookies and a query', async () => {
    expect(await handlerOf(fakeEngine())('health')).toMatchObject({ statusCode: 200 });
  });

  it('answers a body cut short with 400 and a code', async () => {
    const result = await handlerOf(fakeEngine())('predict-truncated');
    expect([result.statusCode, JSON.parse(result.body).code]).toEqual([400, 'INVALID_JSON']);
  });

  it('takes no prediction before the models of the preload list are loaded', async () => {
    const gate = Promise.withResolvers<void>();
    const engine = fakeEngine();
    const handle = handlerOf(engine, { settled: gate.promise, states: () => new Map() });
    const answer = handle('predict');
    await new Promise((resolve) => setImmediate(resolve));
    expect(engine.calls).toHaveLength(0);
    gate.resolve();
    expect((await answer).statusCode).toBe(200);
  });

  it('serves the other models where one could not be preloaded', async () => {
    const engine = fakeEngine();
    const handle = handlerOf(engine, preload(engine, ['missing'], silent));
    expect((await handle('predict')).statusCode).toBe(200);
  });

  it('answers what is no HTTP event with an error body instead of failing', async () => {
    const engine = fakeEngine();
    const handler = createHandler({
      engine,
      preload: preload(engine, [], silent),
      limits: DEFAULT_LIMITS,
      logger: new Logger(),
      metrics: new Metrics({ namespace: 'Pilotlight' }),
    });
    const result = await handler(JSON.parse('{"Records": []}'), context);
    expect([result.statusCode, JSON.parse(result.body).code]).toEqual([500, 'INTERNAL']);
  });
});

describe('a warm-up', () => {
  it('is answered with the models in memory, before logger, metrics and app', async () => {
    const handle = handlerOf(fakeEngine());
    expect(await handle('warm-up')).toEqual({
      source: 'pilotlight.warmup',
      coldStart: true,
      models: ['sentiment@1.0.0'],
    });
    expect(emitted).toEqual([]);
  });

  it('tells an environment that was warm from one that it made so', async () => {
    const handle = handlerOf(fakeEngine());
    await handle('predict');
    expect(await handle('warm-up')).toMatchObject({ coldStart: false });
  });
});

describe('what CloudWatch gets', () => {
  it('is one metric line for a prediction, with its stages, beside the cold start', async () => {
    await handlerOf(fakeEngine())('predict');
    const [coldStart, prediction] = emitted;
    expect(coldStart).toMatchObject({ ColdStart: 1, function_name: 'pilotlight-predict' });
    expect(prediction).toMatchObject({
      service: 'pilotlight',
      model: 'sentiment',
      route: 'predict',
      Requests: 1,
      ClientErrors: 0,
      ServerErrors: 0,
      Inputs: 1,
      Tokens: 5,
      TokenizationTime: 0.25,
      InferenceTime: 1.5,
      PostprocessTime: 0.125,
    });
  });

  it('is a log line with request id, code and cause for a failure', async () => {
    const cause = new TypeError('the native reason');
    const failure = new EngineError('SESSION_FAILED', 'It broke.', { cause });
    await handlerOf(fakeEngine({ failure }))('predict');
    const line = emitted.find(({ level }) => level === 'ERROR');
    expect(line).toMatchObject({
      message: 'A request failed',
      function_request_id: context.awsRequestId,
      code: 'SESSION_FAILED',
      error: { message: 'It broke.', cause: { message: 'the native reason' } },
    });
  });
});
