/** A main function that has the model `sentiment`, beside another one that has `vectors`. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Invocation } from '../../../functions/app/src/aws/lambda-invoker.ts';
import { functionSiblings } from '../../../functions/app/src/hand-over/siblings/function-siblings.ts';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { gatewayKeys } from '../../../functions/app/src/serve/callers/gateway-keys.ts';
import { LocalUsage } from '../../../functions/app/src/serve/callers/local-usage.ts';
import { makeCallers } from '../../../functions/app/src/serve/callers/middleware.ts';
import { Quotas } from '../../../functions/app/src/serve/callers/quotas.ts';
import type { AppOptions } from '../../../functions/app/src/serve/ports.ts';
import { readConfig } from '../../../functions/app/src/settings/config.ts';
import { preload } from '../../../functions/app/src/settings/preload.ts';
import { siblingOptions } from '../../../functions/app/src/settings/sibling-options.ts';
import { emfTelemetry } from '../../../functions/app/src/telemetry/emf.ts';
import { createHandler } from '../../../functions/predict/create-handler.ts';
import { fakeEngine, silent } from './fake-engine.ts';
import { lambdaContext } from './lambda-context.ts';
import { listenOnLoopback } from './warmer/loopback.ts';

const ALIAS = 'arn:aws:lambda:eu-central-1:123456789012:function:vectors:live';
const DAY = new Date().toISOString().slice(0, 10);
const event = JSON.parse(readFileSync('test/fixtures/events/predict.json', 'utf8'));

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function functionOf(only: readonly string[], options: Partial<AppOptions>) {
  const entries = only.map((name) => ({ name, version: '1.0.0' }));
  const engine = fakeEngine({ only, entries });
  const metrics = new Metrics({ namespace: 'Pilotlight', serviceName: 'pilotlight' });
  const handler = createHandler({
    ...options,
    engine,
    preload: preload(engine, [], silent),
    ready: Promise.resolve(1),
    limits: DEFAULT_LIMITS,
    logger: new Logger({ serviceName: 'pilotlight' }),
    metrics,
    emf: emfTelemetry(metrics, { requests: 'each', stages: 'log' }),
    stages: 'log',
  });
  return { handler, engine };
}

function deployment(invoked?: Invocation, options: Partial<AppOptions> = {}) {
  const usage = new LocalUsage();
  const callers = () => makeCallers({ keys: gatewayKeys, quotas: new Quotas(usage, { logger: silent }) });
  const other = functionOf(['vectors'], { callers: callers() });
  const names: string[] = [];
  let loads = 0;
  const siblings = functionSiblings({
    functions: { vectors: ALIAS },
    logger: silent,
    invoker: async () => {
      loads += 1;
      return async (name, payload) => {
        names.push(name);
        // As JSON, like everything that passes through Lambda.
        const passed = JSON.parse(JSON.stringify(payload));
        return (
          invoked ?? { answer: JSON.parse(JSON.stringify(await other.handler(passed, lambdaContext()))) }
        );
      };
    },
  });
  const main = functionOf(['sentiment'], { siblings, callers: callers(), ...options });
  /** The event as a REST API or a load balancer gives it, with lists of headers. */
  const askInLists = (path: string, body: object, given: object = {}) => {
    const multiValueHeaders = { host: ['nlp.example.com'], 'content-type': ['application/json'] };
    const { body: sent, ...context } = { body: JSON.stringify(body), requestContext: {}, ...given };
    const rest = { path, httpMethod: 'POST', multiValueHeaders, isBase64Encoded: false };
    return main.handler({ ...rest, ...context, body: sent }, lambdaContext());
  };
  const ask = async (path: string, body?: object, headers: Record<string, string> = {}) => {
    const method = body === undefined ? 'GET' : 'POST';
    const http = { ...event.requestContext.http, method, path };
    const authorizer = { lambda: { apiKeyName: 'shop' } };
    const result = await main.handler(
      {
        ...event,
        rawPath: path,
        headers: { ...event.headers, ...headers },
        requestContext: { ...event.requestContext, http, authorizer },
        body: body === undefined ? undefined : JSON.stringify(body),
        isBase64Encoded: false,
      },
      lambdaContext(),
    );
    return { status: result.statusCode, headers: result.headers, body: JSON.parse(result.body) };
  };
  return { ask, askInLists, names, usage, loads: () => loads, main, other };
}

describe('several functions behind one API', () => {
  it.each([
    ['OpenAI', '/v1/embeddings', { model: 'vectors', input: 'a' }, {}],
    ['SageMaker', '/invocations', { inputs: 'a' }, { 'x-amzn-sagemaker-target-model': 'vectors' }],
    ['SageMaker, by the name of the endpoint', '/endpoints/vectors/invocations', { inputs: 'a' }, {}],
    ['Hugging Face, with a version', '/models/vectors@1.0.0', { inputs: 'a' }, {}],
  ])(
    'answer a request in the format of %s that names a model of another one',
    async (_format, path, body, headers) => {
      const { ask, names, other } = deployment();
      const answer = await ask(path, body, headers);
      expect(answer.status).toBe(200);
      expect(answer.headers['x-pilotlight-model']).toBe('vectors');
      expect(JSON.stringify(answer.body)).toContain('0.6');
      expect(names).toEqual([ALIAS]);
      expect(other.engine.calls).toHaveLength(1);
    },
  );

  it.each([
    ['a REST API', { resource: '/{proxy+}', requestContext: { stage: 'prod' } }],
    ['a load balancer', { requestContext: { elb: { targetGroupArn: 'arn' } } }],
  ])('keep path, headers and body of an event of %s and of its answer', async (_front, given) => {
    const { askInLists, other } = deployment(undefined, { defaultModel: 'vectors' });
    const paths: string[] = [];
    const { handler } = other;
    other.handler = (passed, context) => {
      paths.push(Object(passed).path);
      return handler(passed, context);
    };
    const answer = await askInLists('/embed', { inputs: 'a' }, given);
    expect(answer).toMatchObject({
      statusCode: 200,
      multiValueHeaders: {
        'content-type': [expect.stringContaining('json')],
        'x-pilotlight-model': ['vectors'],
      },
    });
    expect(answer.body).toContain('0.6');
    expect(paths).toEqual(['/models/vectors/embed']);
  });

  it('ask again where the connection to Lambda was closed while the process was frozen', async () => {
    let requests = 0;
    const answer = { statusCode: 200, headers: {}, body: '{}', isBase64Encoded: false };
    const server = createServer((request, response) => {
      requests += 1;
      if (requests === 2) return void request.socket.destroy();
      response.end(JSON.stringify(answer));
    });
    const { url, stop } = await listenOnLoopback(server);
    vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', url);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const config = readConfig({
      PILOTLIGHT_SIBLINGS: JSON.stringify([{ alias: ALIAS, models: ['vectors'] }]),
    });
    const { ask } = deployment(undefined, await siblingOptions(config, silent));
    for (let turn = 0; turn < 2; turn++) {
      expect((await ask('/v1/embeddings', { model: 'vectors', input: 'a' })).status).toBe(200);
    }
    expect(requests).toBe(3);
    await stop();
  });

  it('ask nobody for a model of their own', async () => {
    const { ask, names, loads } = deployment();
    expect((await ask('/models/sentiment', { inputs: 'a' })).status).toBe(200);
    expect({ names, loads: loads() }).toEqual({ names: [], loads: 0 });
  });

  it('list the models of all, in each format that lists some', async () => {
    const { ask } = deployment();
    expect((await ask('/models')).body.models).toEqual([
      { name: 'sentiment', version: '1.0.0', loaded: false },
      { name: 'vectors', loaded: false, servedBy: 'function' },
    ]);
    const { data } = (await ask('/v1/models')).body;
    expect(data.map(({ id }: { id: string }) => id)).toEqual(['sentiment', 'vectors']);
  });

  it('answer for a model of another one where the deployment chose it for calls that name none', async () => {
    const { ask, other } = deployment(undefined, { defaultModel: 'vectors' });
    expect((await ask('/embed', { inputs: 'a' })).status).toBe(200);
    expect(other.engine.calls).toHaveLength(1);
    expect((await deployment().ask('/embed', { inputs: 'a' })).body).toMatchObject({
      code: 'TASK_UNSUPPORTED',
    });
  });

  it('refuse a model that none of them has, and name those that there are', async () => {
    expect((await deployment().ask('/v1/embeddings', { model: 'none', input: 'a' })).body).toMatchObject({
      error: { code: 'MODEL_NOT_FOUND', message: expect.stringContaining('sentiment, vectors') },
    });
  });

  it('count a request once, with the tokens of the one that answered', async () => {
    const { ask, usage } = deployment();
    await ask('/v1/embeddings', { model: 'vectors', input: 'a' });
    await ask('/models/sentiment', { inputs: 'a' });
    expect(await usage.read('shop', DAY)).toMatchObject({ requests: 2, tokens: 10 });
  });

  it('pass on an error of the other one as it is', async () => {
    const refusal = {
      statusCode: 400,
      headers: { 'content-type': 'application/json', 'x-request-id': 'of-the-other' },
      body: '{"error":{"code":"INPUT_TOO_LONG"}}',
      isBase64Encoded: false,
    };
    const answer = await deployment({ answer: refusal }).ask('/v1/embeddings', {
      model: 'vectors',
      input: 'a',
    });
    expect(answer).toMatchObject({
      status: 400,
      headers: { 'x-request-id': 'of-the-other' },
      body: { error: { code: 'INPUT_TOO_LONG' } },
    });
  });

  it.each([
    [
      '429, where it has as many requests as it may have',
      { failure: 'TooManyRequestsException', retry: true, throttled: true },
      429,
      'OVERLOADED',
    ],
    [
      '502, where it fails',
      { failure: 'the function failed (Unhandled): secret', retry: true },
      502,
      'FUNCTION_UNAVAILABLE',
    ],
    ['502, where its answer is none', { answer: { errorMessage: 'secret' } }, 502, 'FUNCTION_UNAVAILABLE'],
  ] as const)('answer %s', async (_title, invoked, status, code) => {
    const answer = await deployment(invoked).ask('/v1/embeddings', { model: 'vectors', input: 'a' });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });
});
