import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { brotliCompressSync, brotliDecompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { fakeApp, fakeEngine, post } from './fake-engine.ts';

const BODY = '{"inputs": "a text"}';
const bytes = (buffer: Uint8Array) => new Uint8Array(buffer);

async function answer(body: Uint8Array, coding: string, limits = {}) {
  const init = post(bytes(body), { 'content-encoding': coding });
  const response = await fakeApp({ limits }).request('/models/sentiment', init);
  return { status: response.status, body: await response.json() };
}

/** Runs `work`, and counts the bytes that decoders of gzip have made by its end and in the turns of the event loop after it. */
async function countInflated<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; bytes: number }> {
  let bytes = 0;
  const own = Readable.prototype.push;
  const push = vi.spyOn(Readable.prototype, 'push').mockImplementation(function (
    this: Readable,
    piece: Uint8Array | null,
    ...more
  ) {
    if (this.constructor.name === 'Gunzip') bytes += piece?.length ?? 0;
    return own.call(this, piece, ...more);
  });
  try {
    const result = await work();
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    return { result, bytes };
  } finally {
    push.mockRestore();
  }
}

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['GZIP', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['br', brotliCompressSync(BODY)],
  ])('is read where it is %s', async (coding, body) => {
    expect((await answer(body, coding)).status).toBe(200);
  });

  it.each(['zstd', 'compress', 'gzip, gzip', 'gzip, br'])('is refused as %s', async (coding) => {
    expect(await answer(gzipSync(BODY), coding)).toMatchObject({
      status: 415,
      body: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    });
  });

  it.each([
    ['cut short', gzipSync(BODY).subarray(0, 20), 'gzip'],
    ['cut short', brotliCompressSync(BODY).subarray(0, 10), 'br'],
    ['of another coding', deflateSync(BODY), 'gzip'],
    ['not compressed at all', Buffer.from(BODY), 'deflate'],
    ['empty', Buffer.alloc(0), 'gzip'],
  ])('is the sender’s error where it is %s', async (_, body, coding) => {
    expect(await answer(body, coding)).toMatchObject({
      status: 400,
      body: { code: expect.stringMatching(/^INVALID_(REQUEST|JSON)$/) },
    });
  });

  it('that is a bomb is given up at the limit of what it decompresses to', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000, 0x20), { level: 9 });
    expect(bomb.length).toBeLessThan(250_000);
    const counted = await countInflated(() => answer(bomb, 'gzip', { maxBodyBytes: 1_000_000 }));
    expect(counted.result).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
    expect(counted.bytes).toBeGreaterThan(1_000_000);
    // Some pieces of 64 kB lie ready when the limit is passed; the other 198 MB are never made.
    expect(counted.bytes).toBeLessThan(2_000_000);
  });

  it('is held to the limit by what it decompresses to', async () => {
    const text = JSON.stringify({ inputs: 'x'.repeat(5000) });
    expect((await answer(gzipSync(text), 'gzip', { maxBodyBytes: 4000 })).status).toBe(413);
    expect((await answer(gzipSync(text), 'gzip', { maxBodyBytes: 6000 })).status).toBe(200);
  });
});

describe('an answer', () => {
  const inputs = Array.from({ length: 200 }, () => 'a');
  const ask = (accepted: string | undefined, list: readonly string[] = inputs) =>
    fakeApp({ engine: fakeEngine({ result: [{ label: 'positive'.repeat(10), score: 0.9 }] }) }).request(
      '/models/sentiment',
      post(JSON.stringify({ inputs: list }), accepted === undefined ? {} : { 'accept-encoding': accepted }),
    );
  const decoders = { gzip: gunzipSync, br: brotliDecompressSync };

  it.each([
    ['gzip', 'gzip, deflate, br'],
    ['br', 'br;q=1.0, gzip;q=0'],
    ['gzip', 'BR;q=0.5, GZIP'],
  ] as const)('is %s for Accept-Encoding: %s', async (coding, accepted) => {
    const response = await ask(accepted);
    expect(response.headers.get('content-encoding')).toBe(coding);
    expect(response.headers.get('vary')).toBe('accept-encoding');
    const body = Buffer.from(await response.arrayBuffer());
    expect(JSON.parse(decoders[coding](body).toString())).toHaveLength(200);
  });

  it.each([undefined, 'identity', 'zstd', 'gzip;q=0'])('is not compressed for %s', async (accepted) => {
    const response = await ask(accepted);
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(await response.json()).toHaveLength(200);
  });

  it('of some bytes is not compressed', async () => {
    expect((await ask('gzip', ['a'])).headers.has('content-encoding')).toBe(false);
  });
});
