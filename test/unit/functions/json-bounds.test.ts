import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../functions/app/src/http/limits.ts';
import { jsonBounds, refuseMoreJson } from '../../../functions/app/src/http/request/json-bounds.ts';
import { fakeApp, post } from './fake-engine.ts';

const NONE = {
  depth: Number.POSITIVE_INFINITY,
  values: Number.POSITIVE_INFINITY,
  parts: Number.POSITIVE_INFINITY,
};
const scan = (text: string, bounds: Partial<typeof NONE> = {}) =>
  refuseMoreJson(new TextEncoder().encode(text), { ...NONE, ...bounds });

/** The same counts by another way: a walk over what a parser made of the text. */
function count(value: unknown): { depth: number; values: number; lists: number; fields: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, values: 1, lists: 0, fields: 0 };
  const counts = {
    depth: 1,
    values: 1,
    lists: 1,
    fields: Array.isArray(value) ? 0 : Object.keys(value).length,
  };
  for (const own of Object.values(value).map(count)) {
    counts.depth = Math.max(counts.depth, own.depth + 1);
    counts.values += own.values;
    counts.lists += own.lists;
    counts.fields += own.fields;
  }
  return counts;
}

const json = fc.json({ maxDepth: 6, stringUnit: 'binary' });

describe('the count of a body by its bytes', () => {
  it('finds the depth that a parser finds, to the level', () => {
    fc.assert(
      fc.property(json, (text) => {
        const { depth } = count(JSON.parse(text));
        scan(text, { depth });
        if (depth > 0) expect(() => scan(text, { depth: depth - 1 })).toThrow('nests deeper');
      }),
    );
  });

  it('finds the lists, objects and fields that a parser finds, to the last', () => {
    fc.assert(
      fc.property(json, (text) => {
        const { lists, fields } = count(JSON.parse(text));
        scan(text, { parts: lists + fields });
        if (lists > 0)
          expect(() => scan(text, { parts: lists + fields - 1 })).toThrow('lists, objects and fields');
      }),
    );
  });

  it('finds no fewer values than a parser, and no more than one a list beside them', () => {
    fc.assert(
      fc.property(json, (text) => {
        const { values, lists } = count(JSON.parse(text));
        scan(text, { values: values + lists });
        if (values > 1) expect(() => scan(text, { values: values - 1 })).toThrow('values');
      }),
    );
  });

  it('is not misled by what stands in texts, nor by quotes and backslashes in them', () => {
    scan(String.raw`{"a[{":"]},:\"[[[\\","b":"\\\""}`, { depth: 1, parts: 3, values: 3 });
    scan(String.raw`"\"[[[[,,,,`, { depth: 0, parts: 0, values: 1 });
    scan('"\\', { depth: 0 });
  });

  it('refuses a name of more than 1000 bytes, and no text of that length', () => {
    scan(`{"${'n'.repeat(1000)}" : "${'t'.repeat(5000)}"}`);
    expect(() => scan(`{"a": 1, "${'n'.repeat(1001)}" : 1}`)).toThrow('a name of more than 1000 bytes');
  });
});

it('a body may have the ids of all tokens of a call, three times as many where tensors are sent, and 8 parts an input beside 10,000', () => {
  expect(jsonBounds(DEFAULT_LIMITS, 1)).toEqual({ depth: 32, values: 143_120, parts: 12_048 });
  expect(jsonBounds(DEFAULT_LIMITS, 3).values).toBe(3 * 131_072 + 12_048);
});

/** Bodies just below 2 MB that are dear to parse, to check, or to decompress. */
const HOSTILE: readonly (readonly [what: string, path: string, body: string])[] = [
  ['objects in a list of texts', '/v1/embeddings', `{"model":"x","input":[${Array(660_000).fill('{}')}]}`],
  ['lists in a list of texts', '/v1/embeddings', `{"model":"x","input":[${Array(660_000).fill('[]')}]}`],
  ['numbers in place of texts', '/models/x/rerank', `{"query":"a","texts":[${Array(990_000).fill(1)}]}`],
  ['objects in place of tensors', '/v2/models/x/infer', `{"inputs":[${Array(660_000).fill('{}')}]}`],
  [
    'objects in place of outputs',
    '/v2/models/x/infer',
    `{"inputs":[],"outputs":[${Array(660_000).fill('{}')}]}`,
  ],
  ['objects in place of ids', '/models/x/decode', `{"ids":[${Array(660_000).fill('{}')}]}`],
  ['pairs of numbers', '/models/x/predict', `{"inputs":[${Array(490_000).fill('[1]')}]}`],
  [
    'unknown parameters',
    '/models/x',
    `{"inputs":"a","parameters":{${Array.from({ length: 150_000 }, (_, i) => `"k${i}":1`)}}}`,
  ],
  ['unknown fields', '/models/x', `{"inputs":"a",${Array.from({ length: 150_000 }, (_, i) => `"k${i}":1`)}}`],
  ['one field again and again', '/models/x', `{"inputs":"a",${Array(300_000).fill('"a":1')}}`],
  ['depth', '/models/x', '['.repeat(1_900_000)],
  ['a long name', '/models/x', `{"${'a'.repeat(1_900_000)}":1}`],
];

const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

describe.each(HOSTILE)('a body of 2 MB of %s', (_, path, body) => {
  it.each([
    ['', (text: string) => Buffer.from(text)],
    ['gzip', (text: string) => gzipSync(text)],
    ['deflate', (text: string) => deflateSync(text)],
    // At its usual level brotli takes a hundred times as long, for the same text.
    ['br', (text: string) => brotliCompressSync(text, QUICK)],
  ])('is refused before it is parsed, and costs little: %s', async (coding, encode) => {
    const app = fakeApp();
    const sent = post(new Uint8Array(encode(body)), coding === '' ? {} : { 'content-encoding': coding });
    // Once before, so that no code is compiled in the measured run.
    await app.request(path, sent);
    const before = process.cpuUsage();
    const response = await app.request(path, sent);
    const { user, system } = process.cpuUsage(before);
    expect([400, 413]).toContain(response.status);
    const text = await response.text();
    expect(text).toMatch(/JSON_TOO_DEEP|BODY_TOO_LARGE/);
    expect(text.length).toBeLessThan(1000);
    // 50 ms are the budget; a busy machine counts more. Without the bounds it is seconds.
    expect((user + system) / 1000).toBeLessThan(250);
  });
});

it('a compressed body of more bytes than a body may have is given up, though it decompresses to nothing', async () => {
  const nothing = gzipSync('');
  const members = Buffer.concat(Array<Buffer>(150_000).fill(nothing));
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(members);
      controller.close();
    },
  });
  const init = { method: 'POST', body, duplex: 'half' as const, headers: { 'content-encoding': 'gzip' } };
  const response = await fakeApp().request('/models/sentiment', init);
  expect(response.status).toBe(413);
});
