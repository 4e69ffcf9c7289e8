/** Functions of local Lambda that send their answers as they make them, behind a function URL and without. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtPredict } from '../../cli/src/start/lambda/built-functions.ts';
import { createFunctionUrl } from '../../infra/local/src/gateway/function-url.ts';
import type { GatewayExchange } from '../../infra/local/src/gateway/http-api.ts';
import type { Invoke } from '../../infra/local/src/lambda/invoke-request.ts';
import { LocalLambda } from '../../infra/local/src/lambda/local-lambda.ts';
import { describePackage } from '../../layers/builders/src/models/index.ts';
import { DEFAULT_PACKAGES } from './http-service.ts';

const STREAMS = join(import.meta.dirname, '../fixtures/lambda/streams');

let lambda: LocalLambda;
let url: Server;
const exchanges: GatewayExchange[] = [];
beforeAll(async () => {
  lambda = await LocalLambda.start({
    functions: [{ name: 'streams', taskRoot: STREAMS, timeoutSeconds: 5 }],
  });
  url = createFunctionUrl({
    invoke: (request) => lambda.invoke(request),
    functionName: 'streams',
    answered: (exchange) => exchanges.push(exchange),
  }).listen(0, '127.0.0.1');
  await once(url, 'listening');
});
afterAll(async () => {
  url.close();
  await lambda.close();
});

const invoke = (event: object) => lambda.invoke({ functionName: 'streams', payload: JSON.stringify(event) });
const ask = (event: object) =>
  fetch(`http://127.0.0.1:${listeningPort(url)}/any?a=b`, { method: 'POST', body: JSON.stringify(event) });

describe('a function that streams', () => {
  test('gives whoever invokes it all that it wrote, at its end', async () => {
    const { payload, functionError } = await invoke({ pieces: ['{"a":', '1}'] });
    expect([payload.toString(), functionError]).toEqual(['{"a":1}', undefined]);
  });

  test('gives it piece by piece to whoever takes a stream', async () => {
    const pieces: string[] = [];
    const { payload } = await lambda.invoke({
      functionName: 'streams',
      payload: JSON.stringify({ pieces: ['one', 'two'], pauseMs: 50 }),
      onStream: (body) => body.on('data', (piece: Buffer) => pieces.push(piece.toString())),
    });
    expect([pieces, payload.length]).toEqual([['one', 'two'], 0]);
  });

  test('fails before its first piece as any function, and later at its end', async () => {
    expect(await invoke({ pieces: ['a'], failsAt: 0 })).toMatchObject({ functionError: 'Unhandled' });
    const { functionError, payload } = await invoke({ pieces: ['a', 'b'], failsAt: 1 });
    expect(functionError).toBe('Unhandled');
    expect(JSON.parse(payload.toString())).toMatchObject({
      errorType: 'Error',
      errorMessage: 'the handler failed',
    });
    // The environment goes on.
    expect((await invoke({ pieces: ['well'] })).payload.toString()).toBe('well');
  });
});

describe('a function URL', () => {
  const head = {
    statusCode: 201,
    headers: { 'content-type': 'text/plain', 'x-own': 'yes' },
    cookies: ['a=b', 'c=d'],
  };

  test('answers by the head of the stream, and sends the body as it comes', async () => {
    const start = performance.now();
    const response = await ask({ head, pieces: ['one', 'two'], pauseMs: 300 });
    const begun = performance.now() - start;
    expect([response.status, response.headers.get('x-own'), response.headers.getSetCookie()]).toEqual([
      201,
      'yes',
      ['a=b', 'c=d'],
    ]);
    expect(await response.text()).toBe('onetwo');
    expect(performance.now() - start - begun).toBeGreaterThan(200);
    await expect
      .poll(() => exchanges.at(-1))
      .toMatchObject({ method: 'POST', path: '/any?a=b', status: 201 });
  });

  test('answers 502 where the function fails at once, and breaks off where it fails later', async () => {
    expect((await ask({ head, pieces: ['a'], failsAt: 0 })).status).toBe(502);
    const response = await ask({ head, pieces: ['a', 'b'], failsAt: 1 });
    expect(response.status).toBe(201);
    expect(await response.text()).toBe('a');
  });

  test('lets a function work on whose client left', async () => {
    const client = new AbortController();
    const response = await fetch(`http://127.0.0.1:${listeningPort(url)}/`, {
      method: 'POST',
      body: JSON.stringify({ head, pieces: ['one', 'two', 'three'], pauseMs: 100 }),
      signal: client.signal,
    });
    await response.body?.getReader().read();
    client.abort();
    await expect.poll(() => lambda.environments('streams').some(({ busy }) => busy)).toBe(false);
    expect((await ask({ head, pieces: ['again'] })).status).toBe(201);
  });
});

describe('the built predict function behind a function URL', () => {
  let predict: LocalLambda;
  let server: Server;
  beforeAll(async () => {
    const models = [describePackage(DEFAULT_PACKAGES, { name: 'sentiment' })];
    const built = await builtPredict(models, { environment: { PILOTLIGHT_RESPONSE_STREAM: 'true' } });
    predict = await LocalLambda.start({ functions: [built] });
    const invokePredict: Invoke = (request) => predict.invoke(request);
    server = createFunctionUrl({ invoke: invokePredict, functionName: 'predict:live' }).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await predict.close();
  });
  const post = (body: string) =>
    fetch(`http://127.0.0.1:${listeningPort(server)}/models/sentiment`, { method: 'POST', body });

  test('answers with status, headers and body, and so it refuses', async () => {
    const response = await post('{"inputs": "I love this"}');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(response.headers.get('x-pilotlight-model')).toBe('sentiment');
    expect(await response.json()).toEqual([
      expect.arrayContaining([{ label: 'positive', score: expect.any(Number) }]),
    ]);
    const refused = await post('{"inputs": 1}');
    expect([refused.status, await refused.json()]).toEqual([
      422,
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    ]);
  });

  test('answers API Gateway and warm-ups as before', async () => {
    const invokePredict = async (event: object) => {
      const { payload } = await predict.invoke({ functionName: 'predict', payload: JSON.stringify(event) });
      const result: unknown = JSON.parse(payload.toString());
      return result;
    };
    const requestContext = {
      http: { method: 'GET' },
      domainName: 'a.execute-api.eu-central-1.amazonaws.com',
      stage: '$default',
    };
    expect(await invokePredict({ version: '2.0', rawPath: '/health', requestContext })).toMatchObject({
      statusCode: 200,
    });
    expect(await invokePredict({ source: 'pilotlight.warmup' })).toMatchObject({
      models: [expect.stringMatching(/^sentiment@/)],
    });
  });
});
