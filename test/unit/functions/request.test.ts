/** What a request may be: its media type, its coding, its inputs, and how its client waits. */
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { RequestBody } from '../../../functions/app/src/http/request/body.ts';
import { contentCoding, isFile, requireJson } from '../../../functions/app/src/http/request/media-type.ts';
import {
  checkInputs,
  checkLabels,
  parseBody,
  refuseEmpty,
} from '../../../functions/app/src/http/request/parse.ts';
import { readIdempotencyKey, readPreference } from '../../../functions/app/src/http/request/preference.ts';
import { Slots } from '../../../functions/app/src/serve/slots.ts';

const ofType = (type: string) => new Headers({ 'content-type': type });
const coded = (coding: string) => new Headers({ 'content-encoding': coding });

/** What `work` throws, or undefined. */
function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

it('the limits of a call are those that the documents name', () => {
  expect(DEFAULT_LIMITS).toEqual({
    maxBodyBytes: 2_000_000,
    maxJsonDepth: 32,
    maxInputs: 256,
    maxInputTokens: 32_768,
    maxCallTokens: 131_072,
    maxCandidateLabels: 100,
    maxConcurrentRequests: 512,
    maxUnsentBytes: 256_000_000,
  });
});

describe('a content type', () => {
  it.each(['', ' ', ' application/json ', 'text/json', 'application/a.b-c+json', 'text/plain'])(
    '"%s" may hold JSON',
    (type) => expect(thrown(() => requireJson(ofType(type)))).toBeUndefined(),
  );

  it.each([
    'application/jsonp',
    'xapplication/json',
    'application/+json',
    'text/plainer',
    'application/x+y+json',
  ])('"%s" holds no JSON, and the refusal names it', (type) => {
    expect(thrown(() => requireJson(ofType(type)))).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: `The content type ${type} is not supported. Send application/json.`,
    });
  });

  it('may have blanks before its attributes', () => {
    expect(thrown(() => requireJson(ofType('application/json ; charset=utf-8')))).toBeUndefined();
    expect(thrown(() => requireJson(ofType('text/html ; charset=utf-8')))).toMatchObject({
      message: expect.stringContaining(' text/html is '),
    });
  });

  it('is quoted in 100 characters at most', () => {
    expect(thrown(() => requireJson(ofType(`a/${'b'.repeat(200)}`)))).toMatchObject({
      message: `The content type a/${'b'.repeat(98)} is not supported. Send application/json.`,
    });
  });

  it.each(['utf-8', 'utf8', '"utf-8"', 'us-ascii', 'UTF-8'])('may have the charset %s', (charset) => {
    const type = `application/json; boundary=x; charset=${charset}`;
    expect(thrown(() => requireJson(ofType(type)))).toBeUndefined();
  });

  it.each(['utf-16', 'utf-88', 'xutf-8', 'latin1', ''])('may not have the charset "%s"', (charset) => {
    expect(thrown(() => requireJson(ofType(`application/json;  charset=${charset}`)))).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: 'Only UTF-8 is supported. Send the body in UTF-8.',
    });
  });

  it('says whether the body is a file: an image, a recording or bytes', () => {
    const files = ['image/png', ' Image/JPEG', 'audio/wav', 'application/octet-stream'];
    const others = ['', 'application/json', 'video/mp4', 'text/image/png', 'imagepng'];
    expect([...files, ...others].filter((type) => isFile(ofType(type)))).toEqual(files);
    expect(isFile(new Headers())).toBe(false);
  });
});

describe('a content encoding', () => {
  it.each([
    ['gzip', 'gzip'],
    ['X-GZIP', 'gzip'],
    [' deflate ', 'deflate'],
    ['br', 'br'],
    ['', undefined],
    ['identity', undefined],
  ])('"%s" is %s', (header, coding) => expect(contentCoding(coded(header))).toBe(coding));

  it.each(['zstd', 'gzip, gzip', 'toString'])('"%s" is refused by name', (header) => {
    expect(thrown(() => contentCoding(coded(header)))).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: `The content encoding ${header.toLowerCase()} is not supported. Send gzip, deflate or br, once, or none.`,
    });
  });

  it('is quoted in 100 characters at most', () => {
    expect(thrown(() => contentCoding(coded('z'.repeat(101))))).toMatchObject({
      message: expect.stringContaining(` encoding ${'z'.repeat(100)} is `),
    });
  });
});

describe('the bytes of a body', () => {
  const limits = { ...DEFAULT_LIMITS, maxBodyBytes: 10, maxJsonDepth: 2 };
  const bodyOf = (body: string, headers = {}) =>
    new RequestBody(new Request('http://localhost/', { method: 'POST', body, headers }), limits, false);
  const declared = (bytes: number) => ({ 'content-length': String(bytes) });

  it('may be as many as the limit, with a length that is declared and without', async () => {
    for (const headers of [{}, declared(10)]) {
      expect(await bodyOf('"12345678"', headers).json()).toBe('12345678');
      await expect(bodyOf('"123456789"', headers).json()).rejects.toMatchObject({
        code: 'BODY_TOO_LARGE',
        message: 'The body is larger than 10 bytes. Send fewer inputs.',
        details: { maxBytes: 10 },
      });
    }
    await expect(bodyOf('""', declared(11)).json()).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('may nest as deep as the limit', async () => {
    expect(await bodyOf('[[1],[]]').json()).toEqual([[1], []]);
    await expect(bodyOf('[{"a":[]}]').json()).rejects.toMatchObject({
      code: 'JSON_TOO_DEEP',
      message: 'The body nests deeper than 2 levels.',
      details: { maxDepth: 2 },
    });
    expect(await bodyOf('null').json()).toBeNull();
  });

  it('say what is wrong with them, and what to send', async () => {
    await expect(bodyOf('').json()).rejects.toMatchObject({
      code: 'INVALID_JSON',
      message: 'The body is empty. Send {"inputs": "a text"}.',
    });
    await expect(bodyOf('{').json()).rejects.toMatchObject({
      code: 'INVALID_JSON',
      message: 'The body is not valid JSON. Send {"inputs": "a text"}.',
      cause: expect.any(SyntaxError),
    });
  });

  it('can be read twice where they are kept', async () => {
    const request = new Request('http://localhost/', { method: 'POST', body: '[1]' });
    const body = new RequestBody(request, limits, true);
    expect(await body.json()).toEqual([1]);
    expect(Buffer.from(await body.bytes()).toString()).toBe('[1]');
  });
});

describe('the inputs of a call', () => {
  const limits = { ...DEFAULT_LIMITS, maxInputs: 3, maxCandidateLabels: 2 };

  it.each([
    { inputs: 'a text' },
    { inputs: ['a', 'b', 'c'] },
    { inputs: { sentences: ['a', 'b', 'c'] } },
    { inputs: { texts: ['a', 'b'], sentences: [] } },
    { inputs: [{ texts: ['a', 'b'] }, { texts: [] }] },
    { inputs: [null, 7, ['a', 'b']] },
    { inputs: { texts: 'abcdef' } },
  ])('may be $inputs, which count as three at most', ({ inputs }) => {
    expect(thrown(() => checkInputs(inputs, limits))).toBeUndefined();
  });

  it.each([
    { inputs: ['a', 'b', 'c', 'd'], count: 4 },
    { inputs: { sentences: ['a', 'b', 'c', 'd'] }, count: 4 },
    { inputs: [{ texts: ['a', 'b', 'c'] }, 'd'], count: 4 },
    { inputs: { texts: ['a'], sentences: ['a', 'b', 'c', 'd', 'e'] }, count: 5 },
  ])('may not be $inputs, which count as $count', ({ inputs, count }) => {
    expect(thrown(() => checkInputs(inputs, limits))).toMatchObject({
      code: 'TOO_MANY_INPUTS',
      message: `${count} inputs in one call; at most 3 are taken.`,
      details: { field: 'inputs', inputs: count, maxInputs: 3 },
    });
  });

  it('may not be none', () => {
    expect(thrown(() => checkInputs([], limits))).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'inputs: must not be empty.',
      details: { field: 'inputs' },
    });
  });

  it.each([undefined, 'a,b', ['a', 'b'], 7])('may have the candidate labels %j', (candidate_labels) => {
    expect(thrown(() => checkLabels({ candidate_labels }, limits))).toBeUndefined();
  });

  it.each(['a,b,c', ['a', 'b', 'c']])(
    'may not have the three candidate labels %j where two are the limit',
    (given) => {
      expect(thrown(() => checkLabels({ candidate_labels: given }, limits))).toMatchObject({
        code: 'TOO_MANY_LABELS',
        message: '3 candidate labels in one call; at most 2 are taken.',
        details: { field: 'parameters.candidate_labels', labels: 3, maxLabels: 2 },
      });
    },
  );
});

it('an input that is empty is refused with its field', () => {
  expect(refuseEmpty('texts')).toMatchObject({
    code: 'EMPTY_INPUT',
    message: 'texts: must not be empty.',
    details: { field: 'texts' },
  });
});

describe('a body that its schema refuses', () => {
  const schema = z.strictObject({ inputs: z.object({ texts: z.array(z.string('must be a text')) }) });
  const refusal = (body: unknown) => thrown(() => parseBody(schema, body));

  it('is refused with the path of the field at fault', () => {
    expect(parseBody(schema, { inputs: { texts: ['a'] } })).toEqual({ inputs: { texts: ['a'] } });
    expect(refusal({ inputs: { texts: ['a', 7] } })).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'inputs.texts.1: must be a text.',
      details: { field: 'inputs.texts.1' },
    });
    expect(refusal([])).toMatchObject({ code: 'INVALID_INPUT', details: { field: 'body' } });
    const named = z.record(z.string(), z.string());
    expect(thrown(() => parseBody(named, { ['y'.repeat(101)]: 1 }))).toMatchObject({
      details: { field: 'y'.repeat(100) },
    });
  });

  it('is refused with the name of a field that is not known, in 100 characters at most', () => {
    const inputs = { texts: [] };
    expect(refusal({ inputs, more: 1 })).toMatchObject({
      message: 'more: is not known.',
      details: { field: 'more' },
    });
    expect(refusal({ inputs, ['x'.repeat(200)]: 1 })).toMatchObject({ details: { field: 'x'.repeat(100) } });
  });
});

describe('a client that waits', () => {
  it.each([
    ['respond-async, wait=0', 0],
    ['respond-async;wait = 7', 7000],
    ['wait=2, respond-async, wait=9', 2000],
    ['respond-async, wait=999999', 999_999_000],
    ['respond-async, wait=1000000', 0],
    ['respond-async, wait=1.5', 0],
    ['respond-async, nowait=5', 0],
    ['respond-async, wait=5s', 0],
    [' Respond-Async , WAIT="4"', 4000],
  ])('waits, by "%s", for %i ms', (prefer, waitMs) => {
    expect(readPreference(new Headers({ prefer }))).toEqual({ waitMs });
  });

  it('says nothing where the word is but a part of another', () => {
    expect(readPreference(new Headers({ prefer: 'respond-asynchronously' }))).toBeUndefined();
    expect(readPreference(new Headers())).toBeUndefined();
  });

  it('may name a request by 8 to 255 visible ASCII characters', () => {
    const keyOf = (key: string) => readIdempotencyKey(new Headers({ 'idempotency-key': key }));
    for (const key of ['12345678', '!~"quote', 'k'.repeat(255)]) expect(keyOf(key)).toBe(key);
    for (const key of ['1234567', 'k'.repeat(256), '1234 5678', '', '1234567é'])
      expect(thrown(() => keyOf(key))).toMatchObject({
        code: 'INVALID_INPUT',
        message: 'Idempotency-Key: must be 8 to 255 visible ASCII characters.',
        details: { field: 'Idempotency-Key' },
      });
    expect(readIdempotencyKey(new Headers())).toBeUndefined();
  });
});

it('predictions under way are as many as the limit, and one that ends or fails makes room for another', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const slots = new Slots(2);
  const app = new Hono().get('/', (c) =>
    slots.during({ c, streamed: undefined }, async () => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return c.text('done');
    }),
  );
  app.onError((error, c) => c.text(`${Reflect.get(error, 'code')}: ${error.message}`, 503));
  const [one, two] = [app.request('/'), app.request('/')];
  const refused = await app.request('/');
  expect([refused.status, await refused.text()]).toEqual([
    503,
    'OVERLOADED: 2 predictions are under way. Try again later.',
  ]);
  gates[0]?.resolve();
  gates[1]?.reject(new TypeError('It failed.'));
  expect([(await one).status, (await two).status]).toEqual([200, 503]);
  const third = app.request('/');
  gates[2]?.resolve();
  expect((await third).status).toBe(200);
});
