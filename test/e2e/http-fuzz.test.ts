/** 2,000 hostile requests on the real engine: each is answered with a 4xx and a code, or is valid by chance. */
import { Engine } from '@pilotlight/engine';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/shared/api/app.ts';
import { DEFAULT_MODELS, DEFAULT_PACKAGES, quiet } from './http-service.ts';

const engine = new Engine({ packages: DEFAULT_PACKAGES });
const app = createApp({ engine, logger: quiet, limits: { maxBodyBytes: 200_000 } });
afterAll(() => engine.dispose());

const utf8 = (text: string) => new TextEncoder().encode(text);

const hostileText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\u{1f600}'.repeat(50),
    '\ud800',
    'e\u0301\u202e\u200d',
    '[CLS] [SEP] [PAD]',
    '##',
  ),
  fc.integer({ min: 200, max: 30_000 }).map((length) => 'long '.repeat(length / 5)),
);

const key = fc.oneof(
  fc.constantFrom(
    'top_k',
    'truncate',
    'normalize',
    'aggregation_strategy',
    'ignore_labels',
    'offset_unit',
    'pooling',
  ),
  fc.constantFrom('function_to_apply', '__proto__', 'constructor', 'toString', 'prototype', 'length'),
  fc.string(),
);

const anyValue = fc.oneof(
  hostileText,
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(null, true, 0, -1, 1e308, -0, 1.5, [], {}, [[]], [null], [['a'], ['b']], { text: 'a' }),
  fc.array(hostileText, { maxLength: 4 }),
  fc.array(fc.constant('a'), { minLength: 257, maxLength: 300 }),
);

const goodParameter = fc.constantFrom<[string, unknown]>(
  ['truncate', true],
  ['top_k', 1],
  ['function_to_apply', 'sigmoid'],
  ['aggregation_strategy', 'max'],
);

/** JSON by hand, so that `__proto__` is a key like others. */
const parametersText = fc
  .array(fc.oneof(fc.tuple(key, anyValue), goodParameter), { maxLength: 2 })
  .map(
    (pairs) =>
      `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  );

const plausibleBody = fc
  .record({
    inputs: fc.oneof(anyValue, hostileText),
    parameters: parametersText,
    extra: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.tuple(key, anyValue)),
  })
  .map(({ inputs, parameters, extra }) => {
    const more = extra ? `,${JSON.stringify(extra[0])}:${JSON.stringify(extra[1])}` : '';
    return `{"inputs":${JSON.stringify(inputs)},"parameters":${parameters}${more}}`;
  });

const nested = fc
  .record({
    depth: fc.integer({ min: 1, max: 50_000 }),
    open: fc.constantFrom('[', '{"a":'),
    closed: fc.boolean(),
  })
  .map(({ depth, open, closed }) => {
    const end = open === '[' ? ']' : '}';
    return `{"inputs":${open.repeat(depth)}1${closed ? end.repeat(depth) : ''}}`;
  });

const bodyBytes = fc.oneof(
  { weight: 6, arbitrary: plausibleBody.map(utf8) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(plausibleBody, fc.nat())
      .map(([text, at]) => utf8(text.slice(0, at % (text.length + 1)))),
  },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => utf8(JSON.stringify(value))) },
  { weight: 1, arbitrary: nested.map(utf8) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(plausibleBody, fc.nat(), fc.integer({ min: 0x80, max: 0xff }))
      .map(([text, at, byte]) => {
        const bytes = utf8(text);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 190_000, max: 260_000 }).map((length) => utf8('x'.repeat(length))),
  },
);

const contentType = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('application/json', undefined, 'application/x-www-form-urlencoded'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'text/html',
      'multipart/form-data; boundary=',
      'application/json;charset=utf-16',
    ),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,40}$/) },
);

const path = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...DEFAULT_MODELS).map((model) => `/models/${model}`) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        '..',
        '%2e%2e',
        '..%2f..%2fetc%2fpasswd',
        '%00',
        '%zz',
        '%ff',
        'sentiment%2f1.0.0',
        'sentiment@',
        '@1.0.0',
      )
      .map((model) => `/models/${model}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        'sentiment@9.9.9',
        'sentiment@1.0.0@1',
        'sentiment/versions/..',
        'sentiment/versions/1',
        '__proto__',
      )
      .map((model) => `/models/${model}`),
  },
  { weight: 1, arbitrary: fc.webPath() },
  {
    weight: 1,
    arbitrary: fc
      .string({ maxLength: 80 })
      .map((name) => `/models/${encodeURIComponent(name.toWellFormed())}`),
  },
);

const method = fc.oneof(
  { weight: 15, arbitrary: fc.constant('POST') },
  { weight: 1, arbitrary: fc.constantFrom('PUT', 'PATCH', 'DELETE', 'OPTIONS', 'FROBNICATE') },
);

describe('2,000 fuzzed requests', () => {
  it('are each answered with a 4xx and a code, or with a prediction where they are valid by chance', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(path, method, contentType, bodyBytes, async (target, verb, type, bytes) => {
        const request = new Request(`http://localhost${target.startsWith('/') ? '' : '/'}${target}`, {
          method: verb,
          body: new Uint8Array(bytes),
          headers: type === undefined ? {} : { 'content-type': type },
        });
        const response = await app.request(request);
        const body = JSON.parse(await response.text());
        seen.set(body.code ?? '200', (seen.get(body.code ?? '200') ?? 0) + 1);
        if (response.status === 200) return;
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(body).toMatchObject({
          error: expect.stringMatching(/\S/),
          code: expect.stringMatching(/^[A-Z_]+$/),
        });
        expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|at Object\./);
      }),
      { numRuns: 2000, seed: 1, endOnFailure: true },
    );
    for (const code of ['200', 'INVALID_JSON', 'INVALID_INPUT', 'INVALID_PARAMETER', 'MODEL_NOT_FOUND']) {
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(20);
    }
    for (const code of [
      'INPUT_TOO_LONG',
      'BODY_TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
      'TOO_MANY_INPUTS',
      'METHOD_NOT_ALLOWED',
    ]) {
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(0);
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    const after = await app.request('/models/sentiment', {
      method: 'POST',
      body: '{"inputs": "I love this"}',
    });
    expect(after.status).toBe(200);
  }, 120_000);
});
