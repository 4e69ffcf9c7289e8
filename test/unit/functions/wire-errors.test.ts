/** Numbers and names that the clients of other services rely on. */
import { describe, expect, it } from 'vitest';
import { formatError as formatOpenAiError } from '../../../functions/app/src/formats/openai/errors.ts';
import { formatError as formatTeiError } from '../../../functions/app/src/formats/tei/errors.ts';
import { encodeVector, isVector } from '../../../functions/app/src/formats/vectors.ts';
import { createHttpServer } from '../../../functions/app/src/serve/node-server.ts';

type Reply = Parameters<typeof formatTeiError>[0];
const reply = (status: number, code: string, details = {}) =>
  ({ status, headers: { 'x-own': '1' }, body: { error: 'No.', code, ...details } }) as Reply;

describe('an error for clients of OpenAI', () => {
  it('has the status 400 in place of 422, which OpenAI does not have', () => {
    const { status, headers, body } = formatOpenAiError(reply(422, 'INVALID_INPUT', { field: 'input' }));
    expect({ status, headers, body }).toEqual({
      status: 400,
      headers: { 'x-own': '1' },
      body: {
        error: { message: 'No.', type: 'invalid_request_error', param: 'input', code: 'INVALID_INPUT' },
      },
    });
  });

  it.each([
    [404, 'MODEL_NOT_FOUND', 'invalid_request_error', 'model'],
    [404, 'NOT_FOUND', 'invalid_request_error', null],
    [429, 'OVERLOADED', 'rate_limit_error', null],
    [499, 'INVALID_REQUEST', 'invalid_request_error', null],
    [500, 'INTERNAL', 'server_error', null],
    [503, 'NOT_READY', 'server_error', null],
  ])('of status %i and code %s has the type %s and the parameter %s', (status, code, type, param) => {
    expect(formatOpenAiError(reply(status, code))).toMatchObject({
      status,
      body: { error: { type, param, code } },
    });
  });
});

describe('an error for clients of text-embeddings-inference', () => {
  it.each([
    [400, 'EMPTY_INPUT', 400, 'Empty'],
    [422, 'INPUT_TOO_LONG', 422, 'Validation'],
    [422, 'TASK_UNSUPPORTED', 424, 'Backend'],
    [429, 'OVERLOADED', 429, 'Overloaded'],
    [503, 'NOT_READY', 503, 'Unhealthy'],
    [422, 'INVALID_INPUT', 422, 'Validation'],
    [500, 'SESSION_FAILED', 424, 'Backend'],
    [500, 'INTERNAL', 500, 'Backend'],
  ])('of status %i and code %s has the status %i and the type %s', (status, code, sent, type) => {
    expect(formatTeiError(reply(status, code, { field: 'inputs' }))).toEqual({
      status: sent,
      headers: { 'x-own': '1' },
      body: { error: 'No.', error_type: type, code, field: 'inputs' },
    });
  });
});

describe('a vector', () => {
  it('is a list of numbers', () => {
    expect([[1], [], [[1]], ['1'], 1, undefined].map(isVector)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('is in base64 its little-endian 32-bit floats', () => {
    const bytes = Buffer.from(encodeVector([1, -0.5, 3]), 'base64');
    expect(bytes).toHaveLength(12);
    expect([0, 4, 8].map((at) => bytes.readFloatLE(at))).toEqual([1, -0.5, 3]);
    expect(encodeVector([1])).toBe('AACAPw==');
  });
});

describe('a server', () => {
  it('keeps idle connections for 75 seconds, longer than load balancers do', () => {
    expect(createHttpServer({ fetch: () => new Response() }).keepAliveTimeout).toBe(75_000);
  });

  it('gives a client 20 seconds for its headers and a minute for its request, unless it is told other times', () => {
    const { headersTimeout, requestTimeout } = createHttpServer({ fetch: () => new Response() });
    expect([headersTimeout, requestTimeout]).toEqual([20_000, 60_000]);
    const times = { headersMs: 100, requestMs: 200 };
    const patient = createHttpServer({ fetch: () => new Response() }, times);
    expect([patient.headersTimeout, patient.requestTimeout]).toEqual([100, 200]);
  });
});
