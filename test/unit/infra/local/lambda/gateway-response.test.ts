import { expect, test } from 'vitest';
import { gatewayResponse } from '../../../../../infra/local/src/gateway/response.ts';

const response = (result: unknown) => {
  const { status, headers, body } = gatewayResponse(Buffer.from(JSON.stringify(result)));
  return { status, headers, body: body.toString() };
};

test('a result with statusCode is the response', () => {
  const result = {
    ...{ statusCode: 201, headers: { 'X-Queue': 3 }, cookies: ['a=1', 'b=2'] },
    ...{ body: 'aGk=', isBase64Encoded: true },
  };
  expect(response(result)).toEqual({
    status: 201,
    headers: { 'content-type': 'text/plain;charset=UTF-8', 'x-queue': '3', 'set-cookie': ['a=1', 'b=2'] },
    body: 'hi',
  });
});

test('a result without statusCode is the body, as JSON', () => {
  const headers = { 'content-type': 'application/json' };
  expect(response({ message: 'hi' })).toEqual({ status: 200, headers, body: '{"message":"hi"}' });
  expect(response('hi')).toEqual({ status: 200, headers, body: 'hi' });
});

test('a result that is not in the format is an internal server error, which tells nothing', () => {
  const body = '{"message":"Internal Server Error"}';
  expect(response({ statusCode: 'two hundred' })).toMatchObject({ status: 500, body });
  expect(response({ statusCode: 200, body: { not: 'a string' } })).toMatchObject({ status: 500, body });
});
