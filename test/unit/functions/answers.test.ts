/** What an answer says and how large it may be: statuses, headers and bounds that clients rely on. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { EngineError } from '@pilotlight/engine';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { countValues, refuseMoreValues } from '../../../functions/app/src/http/answer/answer-size.ts';
import { respondJson } from '../../../functions/app/src/http/answer/respond.ts';
import { STATUS_OF } from '../../../functions/app/src/http/error-codes.ts';
import { errorReply, HttpError } from '../../../functions/app/src/http/errors.ts';
import { predictionHeaders } from '../../../functions/app/src/serve/prediction-headers.ts';

describe('the status of an error', () => {
  it('is for each code the one that the documents name', () => {
    const codes = Object.entries(STATUS_OF);
    const of = (wanted: number) =>
      codes.flatMap(([code, status]) => (status === wanted ? [code] : [])).sort();
    expect(of(400)).toEqual(['EMPTY_INPUT', 'INVALID_JSON', 'INVALID_REQUEST', 'JSON_TOO_DEEP']);
    expect(of(404)).toEqual(['JOB_NOT_FOUND', 'MODEL_NOT_FOUND', 'NOT_FOUND']);
    expect(of(422)).toEqual([
      'ANSWER_TOO_LARGE',
      'IDEMPOTENCY_KEY_REUSED',
      'INPUT_TOO_LONG',
      'INVALID_INPUT',
      'INVALID_PARAMETER',
      'TASK_UNSUPPORTED',
      'TOO_MANY_INPUTS',
      'TOO_MANY_LABELS',
      'TOO_MANY_TOKENS',
      'TOO_MUCH_WORK',
    ]);
    expect(of(429)).toEqual(['OVERLOADED', 'QUOTA_EXCEEDED', 'RATE_LIMITED']);
    const single = { 405: 'METHOD_NOT_ALLOWED', 408: 'REQUEST_TIMEOUT', 413: 'BODY_TOO_LARGE' };
    const others = { 415: 'UNSUPPORTED_MEDIA_TYPE', 431: 'HEADERS_TOO_LARGE' };
    expect(of(502)).toEqual(['FUNCTION_UNAVAILABLE', 'SERVER_UNAVAILABLE']);
    expect(of(503)).toEqual(['KEYS_UNAVAILABLE', 'NOT_READY', 'USAGE_UNAVAILABLE']);
    for (const [status, code] of Object.entries({ ...single, ...others }))
      expect(of(Number(status)), status).toEqual([code]);
    expect(codes.filter(([, status]) => status === 500)).toHaveLength(7);
  });
});

describe('the reply to an error', () => {
  it('tells a client to come back after a second where the service is overloaded', () => {
    expect(errorReply(new EngineError('OVERLOADED', 'Busy.'))).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
      body: { error: 'Busy.', code: 'OVERLOADED' },
    });
    expect(errorReply(new EngineError('INVALID_INPUT', 'No.')).headers).toEqual({});
  });

  it('lists the methods of a path that does not have the one that was asked', () => {
    const allowed = ['GET', 'POST'];
    const error = new HttpError('METHOD_NOT_ALLOWED', 'No.', { details: { allowed } });
    expect(errorReply(error).headers).toEqual({ allow: 'GET, POST' });
    expect(errorReply(new HttpError('METHOD_NOT_ALLOWED', 'No.')).headers).toEqual({});
    expect(errorReply(new HttpError('NOT_FOUND', 'No.', { details: { allowed } })).headers).toEqual({});
  });

  it('keeps the message of a service that is not ready, and of no other failure of the service', () => {
    expect(errorReply(new HttpError('NOT_READY', 'Wait.', { details: { loading: ['a'] } })).body).toEqual({
      error: 'Wait.',
      code: 'NOT_READY',
      loading: ['a'],
    });
    const failed = new EngineError('SESSION_FAILED', 'secret', {
      details: { model: 'a', version: '1.0.0', file: 'f' },
    });
    const { body } = errorReply(failed);
    expect(body).toEqual({
      error: expect.stringMatching(/^Model a /),
      code: 'SESSION_FAILED',
      model: 'a',
      version: '1.0.0',
    });
    const unnamed = errorReply(
      new EngineError('SESSION_FAILED', 'secret', { details: { version: '1.0.0' } }),
    );
    expect(unnamed.body).toEqual({ error: expect.stringMatching(/^The model /), code: 'SESSION_FAILED' });
    for (const other of [new TypeError('secret'), undefined, { code: 'OVERLOADED' }])
      expect(errorReply(other)).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
  });
});

describe('the numbers of an answer', () => {
  it('may be four million', () => {
    expect(() => refuseMoreValues(4_000_000)).not.toThrow();
    expect(() => refuseMoreValues(4_000_001)).toThrow(/4000000/);
    expect(() => refuseMoreValues(4_000_001)).toThrow(expect.objectContaining({ code: 'ANSWER_TOO_LARGE' }));
  });

  it('are counted where results have a vector for each token', () => {
    expect(countValues([])).toBe(0);
    expect(
      countValues([
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        [[7]],
        'text',
        [1, 2],
        [],
      ]),
    ).toBe(7);
  });
});

describe('an answer of JSON', () => {
  const answer = (length: number, headers: Record<string, string> = {}) =>
    new Hono()
      .get('/', (c) => respondJson(c, 'a'.repeat(length - 2), { 'x-own': '1' }))
      .request('/', { headers });

  it('is compressed from 16,000 characters on, for whoever accepts that', async () => {
    const gzip = { 'accept-encoding': 'gzip' };
    const small = await answer(15_999, gzip);
    expect([small.headers.get('content-encoding'), small.headers.get('vary')]).toEqual([null, null]);
    const large = await answer(16_000, gzip);
    expect([large.headers.get('content-encoding'), large.headers.get('vary')]).toEqual([
      'gzip',
      'accept-encoding',
    ]);
    const plain = await answer(16_000);
    expect([plain.headers.get('content-encoding'), plain.headers.get('vary')]).toEqual([
      null,
      'accept-encoding',
    ]);
    for (const response of [small, large, plain])
      expect([response.headers.get('content-type'), response.headers.get('x-own')]).toEqual([
        'application/json',
        '1',
      ]);
  });

  it.each([
    ['at once', 16_000],
    ['at once', 64_000],
    ['in a thread', 64_001],
  ])('is decompressed to what it was where it was compressed %s (%i characters)', async (_, length) => {
    const text = JSON.stringify('a'.repeat(length - 2));
    const gzipped = await answer(length, { 'accept-encoding': 'gzip' });
    expect(gunzipSync(await gzipped.arrayBuffer()).toString()).toBe(text);
    const inBr = await answer(length, { 'accept-encoding': 'br' });
    expect(brotliDecompressSync(await inBr.arrayBuffer()).toString()).toBe(text);
  });

  it.each([
    ['br', 'br'],
    ['br, gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip;q=0, br', 'br'],
    ['gzip;q=0', null],
    ['zstd', null],
  ])('to a client that accepts "%s" is in the coding %s', async (accepted, coding) => {
    expect((await answer(16_000, { 'accept-encoding': accepted })).headers.get('content-encoding')).toBe(
      coding,
    );
  });
});

it('the headers of a prediction give counts as whole numbers and times as milliseconds with three decimals', () => {
  const record = {
    model: 'sentiment',
    version: '1.0.0',
    variant: 'int8',
    checksum: '0123456789abcdef'.repeat(4),
    inputs: 2,
    timings: { tokenizeMs: 0.12345, queueMs: 1, inferMs: 20.5, postprocessMs: 0 },
    totalMs: 22.0006,
    tokens: { total: 30, padded: 4, truncated: 1 },
    batches: { count: 1, sizes: 2, tokens: 34 },
  } as unknown as Parameters<typeof predictionHeaders>[0];
  const headers = {
    'x-pilotlight-model': 'sentiment',
    'x-pilotlight-version': '1.0.0',
    'x-pilotlight-variant': 'int8',
    'x-compute-tokens': '30',
    'x-padded-tokens': '4',
    'x-truncated-tokens': '1',
    'x-tokenization-time': '0.123',
    'x-queue-time': '1.000',
    'x-inference-time': '20.500',
    'x-total-time': '22.001',
    'server-timing': 'tokenize;dur=0.123, queue;dur=1.000, infer;dur=20.500, postprocess;dur=0.000',
  };
  expect(predictionHeaders(record)).toEqual({ ...headers, 'x-pilotlight-checksum': '0123456789ab' });
  expect(predictionHeaders({ ...record, checksum: undefined })).toEqual(headers);
});
