import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../../../../cli/src/start/lambda/routes.ts';
import { gatewayEvent } from '../../../../../infra/local/src/gateway/event.ts';
import { routeMatcher } from '../../../../../infra/local/src/gateway/route.ts';

/** The events of API Gateway that the predict function is tested with. */
const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/events/${name}.json`, import.meta.url), 'utf8'));

const TRACE_ID = 'Root=1-6720a0c2-1f0e4c3b5a6d7e8f90a1b2c3';
const HOST = ['Host', 'abcde12345.execute-api.eu-central-1.amazonaws.com'];
const BASE = ['Accept', '*/*', ...HOST, 'User-Agent', 'curl/8.7.1'];
const CONTEXT = {
  apiId: 'abcde12345',
  requestId: 'AbCdEfGhFiAEJqQ=',
  traceId: TRACE_ID,
  stage: '$default',
  time: new Date(1793261522123),
  port: '443',
  protocol: 'https',
} as const;
const BODY = Buffer.from('{"inputs":"I love this"}');
const post = (contentType: string) => ({
  method: 'POST',
  path: '/models/sentiment',
  query: '',
  httpVersion: '1.1',
  rawHeaders: [...BASE, 'Content-Length', '24', 'Content-Type', contentType],
  body: BODY,
  sourceIp: '203.0.113.7',
});
const get = (path: string, query: string, rawHeaders: readonly string[] = BASE) => ({
  ...{ method: 'GET', path, query, httpVersion: '1.1', rawHeaders, body: Buffer.alloc(0) },
  sourceIp: '203.0.113.7',
});
const ANY = { routeKey: '$default' };
const matchRoute = routeMatcher(ROUTES);

describe("API Gateway's event", () => {
  test('of a POST of JSON is the one that API Gateway makes', () => {
    expect(gatewayEvent(post('application/json'), ANY, CONTEXT)).toEqual(fixture('predict'));
  });

  test('has a body in base64 where its type is no text', () => {
    const event = gatewayEvent(post('application/x-www-form-urlencoded'), ANY, CONTEXT);
    expect(event).toEqual(fixture('predict-base64'));
  });

  test.each(['gzip', 'br', 'deflate', 'GZIP'])(
    'has every byte of a body of JSON that is compressed by %s',
    (coding) => {
      const body = Buffer.from([0x1f, 0x8b, 0xff, 0xfe, 0x00, 0x80]);
      const { rawHeaders, ...request } = post('application/json');
      const sent = { ...request, body, rawHeaders: [...rawHeaders, 'Content-Encoding', coding] };
      const event = gatewayEvent(sent, ANY, CONTEXT);
      expect([event.isBase64Encoded, event.body]).toEqual([true, body.toString('base64')]);
    },
  );

  test('has a body of JSON as text where its coding is identity', () => {
    const { rawHeaders, ...request } = post('application/json');
    const event = gatewayEvent(
      { ...request, rawHeaders: [...rawHeaders, 'Content-Encoding', 'identity'] },
      ANY,
      CONTEXT,
    );
    expect([event.isBase64Encoded, event.body]).toEqual([false, BODY.toString()]);
  });

  test.each([
    ['x/../y', 'localhost'],
    ['x#y', 'localhost'],
    ['x?y', 'localhost'],
    ['a@b', 'localhost'],
    ['x\\y', 'localhost'],
    ['', 'localhost'],
    ['Example.com:8080', 'Example.com'],
    ['127.0.0.1:9', '127.0.0.1'],
    ['[::1]:9', '[::1]'],
  ])('has of the Host %s the domain %s', (host, domainName) => {
    const event = gatewayEvent(get('/health', '', ['Host', host]), ANY, CONTEXT);
    expect(event.requestContext.domainName).toBe(domainName);
  });

  test('has headers and parameters whose names every object has', () => {
    const headers = ['Host', 'a', 'constructor', '1', '__proto__', '2', 'toString', '3'];
    const event = gatewayEvent(get('/health', 'constructor=4&__proto__=5&valueOf=6', headers), ANY, CONTEXT);
    const passedOn = JSON.parse(JSON.stringify(event));
    expect(Object.entries(passedOn.headers)).toEqual(
      expect.arrayContaining([
        ['constructor', '1'],
        ['__proto__', '2'],
        ['tostring', '3'],
      ]),
    );
    expect(Object.entries(passedOn.queryStringParameters)).toEqual([
      ['constructor', '4'],
      ['__proto__', '5'],
      ['valueOf', '6'],
    ]);
  });

  test('has the stage in its paths, and the parameters of its route', () => {
    const route = matchRoute('POST', '/models/sentiment');
    expect(route).toBeDefined();
    const event = gatewayEvent(post('application/json'), route ?? ANY, { ...CONTEXT, stage: 'prod' });
    expect(event).toEqual(fixture('predict-named-stage'));
  });

  test('has cookies and query parameters apart, and no body where none was sent', () => {
    const event = gatewayEvent(get('/health', 'a=1&b=%20', [...BASE, 'Cookie', 'session=1']), ANY, CONTEXT);
    const { body: _none, ...expected } = fixture('health');
    expect(event).toEqual(expected);
  });

  test('joins duplicate headers, cookies and parameters as the payload format says', () => {
    const headers = ['X-Tag', 'a', 'X-TAG', 'b', 'Cookie', 'one=1; two=2', 'Cookie', 'three=3'];
    const event = gatewayEvent(
      get('/health', 'p=1&p=2&q=3', [...headers, 'Connection', 'close']),
      ANY,
      CONTEXT,
    );
    expect(event.headers).toMatchObject({ 'x-tag': 'a,b' });
    expect(event.headers).not.toHaveProperty('connection');
    expect(event.cookies).toEqual(['one=1', 'two=2', 'three=3']);
    expect(event.queryStringParameters).toEqual({ p: '1,2', q: '3' });
    expect(event.rawQueryString).toBe('p=1&p=2&q=3');
  });
});

describe('the routes', () => {
  test.each([
    ['GET', '/', { routeKey: 'GET /' }],
    [
      'POST',
      '/models/slots/versions/1.0.0',
      {
        routeKey: 'POST /models/{model}/versions/{version}',
        pathParameters: { model: 'slots', version: '1.0.0' },
      },
    ],
    ['DELETE', '/models/slots', undefined],
    ['GET', '/nowhere', undefined],
  ])('take %s %s as the deployed API does', (method, path, route) => {
    expect(matchRoute(method, path)).toEqual(route);
  });
});

describe('routes of an API of somebody else', () => {
  const match = routeMatcher(['GET /{file+}', '$default', 'ANY /a.b/{id}', 'GET /a.b/new']);

  test.each([
    ['GET', '/a.b/new', { routeKey: 'GET /a.b/new' }],
    ['PUT', '/a.b/1', { routeKey: 'ANY /a.b/{id}', pathParameters: { id: '1' } }],
    ['GET', '/aXb/c/d', { routeKey: 'GET /{file+}', pathParameters: { file: 'aXb/c/d' } }],
    ['POST', '/aXb/c', { routeKey: '$default' }],
  ])('take %s %s by the most specific of them', (method, path, route) => {
    expect(match(method, path)).toEqual(route);
  });
});
