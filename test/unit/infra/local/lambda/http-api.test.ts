import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROUTES } from '../../../../../cli/src/start/lambda/routes.ts';
import { createHttpApi } from '../../../../../infra/local/src/gateway/http-api.ts';
import { LambdaServiceError } from '../../../../../infra/local/src/lambda/errors.ts';
import type { InvokeResult } from '../../../../../infra/local/src/lambda/invoke-request.ts';

const RESULT: InvokeResult = {
  ...{ requestId: '1', environment: '1', durationMs: 1, maxMemoryMegabytes: 1, logTail: '' },
  payload: Buffer.from('{"statusCode":204}'),
};

let server: Server;
let url: string;
let outcome: () => Promise<InvokeResult>;
let invoked = 0;
let event: unknown;
beforeEach(async () => {
  invoked = 0;
  server = createHttpApi({
    functionName: 'predict:live',
    routes: ROUTES,
    integrationTimeoutMs: 100,
    invoke: ({ payload }) => {
      invoked += 1;
      event = JSON.parse(payload.toString());
      return outcome();
    },
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

const refusal = (code: 'TooManyRequestsException' | 'RequestTooLargeException') =>
  Promise.reject(new LambdaServiceError(code, 'no'));
const post = (body: string) => fetch(`${url}/models/sentiment`, { method: 'POST', body });

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html */
test.each([
  [
    'a function that failed',
    () => Promise.resolve({ ...RESULT, functionError: 'Unhandled' as const }),
    500,
    'Internal Server Error',
  ],
  ['a function that is throttled', () => refusal('TooManyRequestsException'), 503, 'Service Unavailable'],
  ['a function that takes too long', () => new Promise<never>(() => {}), 503, 'Service Unavailable'],
  ['an event over 6 MB', () => refusal('RequestTooLargeException'), 413, 'Request Entity Too Large'],
])(
  '%s becomes an answer of API Gateway itself, without the reason',
  async (_what, given, status, message) => {
    outcome = given;
    const response = await post('{}');
    expect([response.status, await response.json()]).toEqual([status, { message }]);
  },
);

test('a body over 10 MB is refused before the function is invoked', async () => {
  outcome = () => Promise.resolve(RESULT);
  expect((await post('x'.repeat(10 * 2 ** 20))).status).toBe(204);
  expect((await post('x'.repeat(10 * 2 ** 20 + 1))).status).toBe(413);
  expect(invoked).toBe(1);
});

test('a client that goes away in the middle of its request harms nobody', async () => {
  outcome = () => Promise.resolve(RESULT);
  const client = connect(Number(new URL(url).port), '127.0.0.1');
  client.write('POST /models/sentiment HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"inputs":');
  await once(server, 'request');
  client.destroy();
  expect((await post('{}')).status).toBe(204);
  expect(invoked).toBe(1);
});

test('a path comes decoded and a query as it was sent', async () => {
  outcome = () => Promise.resolve(RESULT);
  await fetch(`${url}/models/caf%C3%A9?c=%20`);
  expect(event).toMatchObject({
    ...{ rawPath: '/models/café', pathParameters: { model: 'café' } },
    ...{ rawQueryString: 'c=%20', queryStringParameters: { c: ' ' } },
  });
});

test('a path that is not percent-encoded UTF-8 is a bad request', async () => {
  const response = await fetch(`${url}/models/%ff`);
  expect([response.status, invoked]).toEqual([400, 0]);
});
