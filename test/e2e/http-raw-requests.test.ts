/** Requests that no HTTP client sends, byte for byte over a socket. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_PACKAGES, type Service, serve } from './http-service.ts';

let service: Service;

beforeAll(async () => {
  service = await serve(DEFAULT_PACKAGES, { limits: { maxBodyBytes: 10_000 } });
});
afterAll(() => service.stop());

/** Sends `head` and then `chunks` for as long as the server reads them; gives the first answer. */
async function send(head: string, chunks: Iterable<string> = []): Promise<{ status: number; body: unknown }> {
  const socket = connect(service.port, '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      answer += data.toString();
      if (/\r\n\r\n.*\}/s.test(answer)) resolve();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  socket.write(`${head.replaceAll('\n', '\r\n')}\r\n\r\n`);
  for (const chunk of chunks) {
    if (answer !== '' || socket.destroyed) break;
    socket.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await answered;
  socket.destroy();
  const [headers = '', text = ''] = answer.split('\r\n\r\n');
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  return { status: Number(headers.split(' ')[1]), body: JSON.parse(json) };
}

describe('a request', () => {
  it.each([
    ['GET /models/../../etc/passwd', 404],
    ['GET /models/%2e%2e/%2e%2e/etc/passwd', 404],
    ['GET /models/..%2f..%2fetc%2fpasswd', 404],
    ['GET /models/..\\..\\etc\\passwd', 400],
    ['GET //etc/passwd', 404],
    ['GET /models/%', 404],
    ['GET /models/%c0%ae%c0%ae', 404],
    ['TRACE /models/sentiment', 405],
  ])('%s is answered with %s and a code', async (line, status) => {
    const answer = await send(`${line} HTTP/1.1\nHost: localhost`);
    expect(answer).toMatchObject({ status, body: { code: expect.stringMatching(/^[A-Z_]+$/) } });
  });

  it.each([
    ['that is not HTTP', 'hello'],
    ['without a Host', 'GET /health HTTP/1.1'],
    ['with a Host that is none', 'GET /health HTTP/1.1\nHost: a b/c'],
    [
      'with two lengths',
      'POST /models/sentiment HTTP/1.1\nHost: localhost\nContent-Length: 1\nContent-Length: 2',
    ],
    [
      'with a length and chunks',
      'POST /models/sentiment HTTP/1.1\nHost: localhost\nContent-Length: 5\nTransfer-Encoding: chunked',
    ],
  ])('%s is refused with 400', async (_, head) => {
    expect((await send(head)).status).toBe(400);
  });

  it('with headers without end is refused with 431', async () => {
    const answer = await send(`GET /health HTTP/1.1\nHost: localhost\nX-Long: ${'x'.repeat(100_000)}`);
    expect(answer).toMatchObject({ status: 431, body: { code: 'HEADERS_TOO_LARGE' } });
  });

  it('of endless chunks is refused at the limit', async () => {
    const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`;
    const endless = (function* () {
      while (true) yield chunk;
    })();
    const answer = await send(
      'POST /models/sentiment HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked',
      endless,
    );
    expect(answer).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE', maxBytes: 10_000 } });
  });

  it('that announces a body above the limit is refused before it is sent', async () => {
    const answer = await send('POST /models/sentiment HTTP/1.1\nHost: localhost\nContent-Length: 4000000000');
    expect(answer.status).toBe(413);
  });

  it('that ends amid its body harms nobody', async () => {
    const socket = connect(service.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /models/sentiment HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"inputs": ',
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await service.post('sentiment', { inputs: 'I love this' })).status).toBe(200);
  });
});
