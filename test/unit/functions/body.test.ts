import { describe, expect, it } from 'vitest';
import { fakeApp, post, postJson } from './fake-engine.ts';

const BODY = '{"inputs": "a text"}';

async function answer(init: RequestInit, limits = {}) {
  const response = await fakeApp({ limits }).request('/models/sentiment', init);
  return { status: response.status, body: await response.json() };
}

function stream(chunks: Iterable<string>) {
  const iterator = chunks[Symbol.iterator]();
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = iterator.next();
      if (next.done) return controller.close();
      pulled += 1;
      controller.enqueue(new TextEncoder().encode(next.value));
    },
  });
  return { init: { method: 'POST', body, duplex: 'half' as const }, pulled: () => pulled };
}

describe('the content type of a body', () => {
  it('may be missing', async () => {
    const request = new Request('http://localhost/models/sentiment', {
      method: 'POST',
      body: new TextEncoder().encode(BODY),
    });
    expect(request.headers.has('content-type')).toBe(false);
    expect((await fakeApp().request(request)).status).toBe(200);
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/vnd.api+json',
    'application/x-www-form-urlencoded',
    'text/plain;charset=UTF-8',
  ])('may be %s', async (type) => {
    expect((await answer(post(BODY, { 'content-type': type }))).status).toBe(200);
  });

  it.each(['multipart/form-data; boundary=x', 'application/octet-stream', 'image/png', 'text/html', '!'])(
    'is refused where it is %s',
    async (type) => {
      expect(await answer(post(BODY, { 'content-type': type }))).toMatchObject({
        status: 415,
        body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
      });
    },
  );

  it('is refused with another charset than UTF-8', async () => {
    expect((await answer(post(BODY, { 'content-type': 'application/json; charset=latin1' }))).status).toBe(
      415,
    );
  });
});

describe('a body that is not JSON', () => {
  it.each([
    ['nothing', ''],
    ['cut short', '{"inputs": "a te'],
    ['a form', 'inputs=a+text'],
    ['two values', '{"inputs": "a"}{"inputs": "b"}'],
    ['single quotes', "{'inputs': 'a'}"],
    ['NaN', '{"inputs": NaN}'],
  ])('is refused: %s', async (_, body) => {
    expect(await answer(post(body))).toMatchObject({ status: 400, body: { code: 'INVALID_JSON' } });
  });

  it('is refused where its bytes are not UTF-8', async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"inputs": "'), 0xff, 0xfe, 0x22, 0x7d]);
    const { status, body } = await answer(post(bytes));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_JSON', error: 'The body is not valid UTF-8.' });
  });
});

describe('the limits of a body', () => {
  it('refuse a Content-Length above them before a byte is read', async () => {
    const { init, pulled } = stream([BODY]);
    const refused = await answer({ ...init, headers: { 'content-length': '1000' } }, { maxBodyBytes: 100 });
    expect(refused).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE', maxBytes: 100 } });
    expect(pulled()).toBeLessThanOrEqual(1);
  });

  it('stop reading a stream without Content-Length where it passes them', async () => {
    const endless = (function* () {
      while (true) yield 'x'.repeat(1000);
    })();
    const { init, pulled } = stream(endless);
    const refused = await answer(init, { maxBodyBytes: 10_000 });
    expect(refused).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
    expect(pulled()).toBeLessThan(15);
  });

  it('hold a sender to them that declares less than it sends', async () => {
    const { init } = stream(['{"inputs": "', 'x'.repeat(1000), '"}']);
    const refused = await answer({ ...init, headers: { 'content-length': '10' } }, { maxBodyBytes: 100 });
    expect(refused.status).toBe(413);
  });

  it('let a stream of any chunks pass that keeps to them', async () => {
    const { init } = stream(BODY);
    expect((await answer(init)).status).toBe(200);
  });

  it('refuse a million nested arrays without running out of stack', async () => {
    const body = `{"inputs": ${'['.repeat(900_000)}${']'.repeat(900_000)}}`;
    expect(await answer(post(body))).toMatchObject({
      status: 400,
      body: { code: 'JSON_TOO_DEEP', maxDepth: 32 },
    });
  });

  it('refuse more inputs than one call may have, with both numbers', async () => {
    const refused = await answer(postJson({ inputs: ['a', 'b', 'c'] }), { maxInputs: 2 });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'TOO_MANY_INPUTS', inputs: 3, maxInputs: 2 },
    });
  });

  it('report a body that breaks off as the sender’s error', async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new TypeError('cut')) });
    expect(await answer({ method: 'POST', body, duplex: 'half' } as RequestInit)).toMatchObject({
      status: 400,
      body: { code: 'INVALID_JSON', error: 'The body ended before it was complete.' },
    });
  });
});
