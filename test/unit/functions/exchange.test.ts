import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import * as own from '../../../functions/predict/exchange/exchange.ts';
import { Random } from '../../fixtures/random.ts';

/** Node's classes and those of the predict function, as far as both have the same. */
interface Exchange {
  readonly Headers: new (init?: Record<string, string> | [string, string][]) => globalThis.Headers;
  readonly Request: new (url: string, init?: object) => globalThis.Request;
  readonly Response: new (
    body?: string | Uint8Array | ReadableStream | null,
    init?: object,
  ) => globalThis.Response;
}
const ours = own as unknown as Exchange;
const nodes: Exchange = globalThis as unknown as Exchange;

/** The value, or the class of the error. */
async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error.constructor.name : error;
  }
}

/** Expects of our classes what Node's do. */
async function expectSame(work: (exchange: Exchange) => unknown): Promise<void> {
  const expected = await outcome(() => work(nodes));
  expect(await outcome(() => work(ours))).toEqual(expected);
}

const stream = (...pieces: string[]) =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
const BODIES: Record<string, () => string | Uint8Array | ReadableStream | null> = {
  text: () => 'naïve 🙂',
  'no text': () => '',
  bytes: () => Uint8Array.of(123, 125),
  'a view of bytes': () => new Uint8Array(Uint8Array.of(0, 104, 105, 0).buffer, 1, 2),
  'a stream': () => stream('{"a":', '1}'),
  nothing: () => null,
};

describe('headers', () => {
  const NAMES = [
    'a',
    'B',
    'x-request-id',
    'X-Request-ID',
    'set-cookie',
    'Set-Cookie',
    'accept',
    'bad name',
    '',
    'ü',
  ];
  const VALUES = ['1', ' two ', '', 'a, b', 'é', '😀', 'line\nbreak', '\tt\t', 'zero\0', '\r\n', 'end\n'];
  const DO = ['append', 'set', 'delete', 'get', 'has'] as const;

  it('do what Node’s do, whatever is done to them', async () => {
    const random = new Random(3);
    for (let round = 0; round < 300; round++) {
      const steps = Array.from({ length: 12 }, () => ({
        does: random.pick(DO),
        name: NAMES[random.below(NAMES.length)] ?? '',
        value: VALUES[random.below(VALUES.length)] ?? '',
      }));
      await expectSame(async ({ Headers }) => {
        const headers = new Headers();
        const seen: unknown[] = [];
        for (const { does, name, value } of steps) seen.push(await outcome(() => headers[does](name, value)));
        const visited: unknown[] = [];
        headers.forEach((value, name) => {
          visited.push([name, value]);
        });
        return [
          seen,
          visited,
          [...headers],
          [...headers.keys()],
          [...headers.values()],
          headers.getSetCookie(),
        ];
      });
    }
  });

  it.each([
    ['an object', { B: '2', a: '1' }],
    [
      'pairs',
      [
        ['b', '2'],
        ['a', '1'],
        ['b', '3'],
      ] as [string, string][],
    ],
    ['an object with a fault', { 'a b': '1' }],
  ])('are made of %s as Node’s are', async (_, init) => {
    await expectSame(({ Headers }) => [...new Headers(init)]);
  });

  it('are made of other headers', async () => {
    await expectSame(({ Headers }) => [
      ...new Headers([
        ...new Headers([
          ['set-cookie', 'a'],
          ['set-cookie', 'b'],
          ['z', '1'],
        ]),
      ]),
    ]);
    expect([...new own.Headers(new own.Headers({ a: '1' }))]).toEqual([['a', '1']]);
  });
});

describe.each(Object.entries(BODIES))('a body of %s', (_, make) => {
  it.each(['text', 'arrayBuffer', 'json'] as const)('is read by %s as Node’s is, and once', async (read) => {
    await expectSame(async ({ Response }) => {
      const response = new Response(make());
      const before = response.bodyUsed;
      const first = await outcome(() => response[read]());
      const bytes = first instanceof ArrayBuffer ? [...new Uint8Array(first)] : first;
      const again = await outcome(async () => typeof (await response[read]()));
      return [before, bytes, response.bodyUsed, again, response.headers.get('content-type')];
    });
  });

  it('is read as a stream as Node’s is', async () => {
    await expectSame(async ({ Response }) => {
      const { body } = new Response(make());
      return body === null ? null : text(body);
    });
  });

  it('passes from one answer to the next, as Hono does it', async () => {
    await expectSame(async ({ Response }) => {
      const first = new Response(make(), { status: 201, headers: { a: '1' } });
      const next = new Response(first.body, first);
      return [await next.text(), next.status, next.headers.get('a'), next.ok];
    });
  });
});

describe('a request', () => {
  it.each([
    ['https://a.example/models/x?q=ü', {}],
    ['https://a.example:443/a/../b', { method: 'post', body: '{}' }],
    ['https://a.example/', { method: 'POST', body: Uint8Array.of(1, 2), headers: { 'content-length': '2' } }],
    ['https://a.example/', { method: 'put', headers: { 'content-type': 'text/csv' }, body: 'a' }],
    ['https://a.example/', { method: 'GET', body: 'a' }],
    ['https://a.example/', { method: 'HEAD', body: '' }],
    ['https://a.example/', { method: 'TRACE' }],
    ['https://', {}],
    ['nowhere', {}],
  ])('to %s, with %o, is as Node’s', async (url, init) => {
    await expectSame(async ({ Request }) => {
      const request = new Request(url, init);
      const { method, headers, signal } = request;
      return [request.url, method, [...headers], signal.aborted, await request.text(), request.bodyUsed];
    });
  });
});

describe('an answer', () => {
  it.each([undefined, 200, 204, 299, 300, 304, 404, 599, 199, 600])(
    'of status %s is as Node’s, with a body and without',
    async (status) => {
      const init = status === undefined ? {} : { status };
      for (const body of ['text', null]) {
        await expectSame(({ Response }) => {
          const response = new Response(body, init);
          return [response.status, response.ok, [...response.headers]];
        });
      }
    },
  );
});
