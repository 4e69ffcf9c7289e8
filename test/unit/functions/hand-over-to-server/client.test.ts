/** The client of the container against servers on loopback that do what networks and load balancers do. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterEach, describe, expect, it } from 'vitest';
import { ServerClient, type ServerRequest } from '../../../../functions/app/src/hand-over/client.ts';
import { predictionHeaders } from '../../../../functions/app/src/serve/prediction-headers.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${listeningPort(server)}`;
}

const alive = new AbortController().signal;
const post = (changes: Partial<ServerRequest> = {}): ServerRequest => ({
  method: 'POST',
  path: '/models/large',
  headers: new Headers({ 'content-type': 'application/json' }),
  body: Buffer.from('{"inputs": "a"}'),
  signal: alive,
  ...changes,
});

describe('what reaches the container', () => {
  it('is the method, the path below its own, the body and the headers of the allow list', async () => {
    let seen: (Pick<IncomingMessage, 'method' | 'url' | 'headers'> & { body: string }) | undefined;
    const url = await serving(async (request, response) => {
      const { method, url: path, headers } = request;
      seen = { method, url: path, headers, body: await text(request) };
      response.end('{}');
    });
    const headers = new Headers({
      'content-type': 'application/json; charset=utf-8',
      accept: 'application/json',
      'accept-encoding': 'gzip',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'a=b',
      'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793',
      authorization: 'Bearer secret',
      cookie: 'session=secret',
      'x-api-key': 'secret',
      'content-encoding': 'gzip',
      host: 'example.com',
      'x-forwarded-for': '10.0.0.1',
    });
    await new ServerClient(`${url}/prefix/`).send(post({ headers }), 5000);
    const { 'content-length': length, host, connection, ...rest } = seen?.headers ?? {};
    expect(seen).toMatchObject({ method: 'POST', url: '/prefix/models/large', body: '{"inputs": "a"}' });
    expect({ length, host, connection }).toEqual({ length: '15', host: url.slice(7), connection: 'close' });
    expect(rest).toEqual({
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'content-type': 'application/json; charset=utf-8',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tracestate: 'a=b',
      'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793',
    });
  });

  it('goes to no other host, whatever the path says', async () => {
    let path: string | undefined;
    const url = await serving((request, response) => {
      path = request.url;
      response.end('{}');
    });
    await new ServerClient(url).send(post({ path: '//example.com/models/large' }), 5000);
    expect(path).toBe('//example.com/models/large');
  });

  it('has no body where the request has none', async () => {
    const url = await serving(async (request, response) =>
      response.end(`${request.method} ${await text(request)}`),
    );
    const { body: _, ...request } = post({ method: 'GET' });
    const answer = await new ServerClient(url).send(request, 5000);
    expect(await answer.text()).toBe('GET ');
  });
});

describe('what comes back', () => {
  it('is the status, the body and the headers of the allow list', async () => {
    const url = await serving((_, response) => {
      response.writeHead(422, {
        'content-type': 'application/json',
        'x-pilotlight-model': 'large',
        'set-cookie': 'a=b',
        server: 'a server',
        'x-internal': 'secret',
      });
      response.end('{"code":"INVALID_INPUT"}');
    });
    const answer = await new ServerClient(url).send(post(), 5000);
    expect([answer.status, await answer.text()]).toEqual([422, '{"code":"INVALID_INPUT"}']);
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'application/json',
      'x-pilotlight-model': 'large',
    });
  });

  it('has every header that a prediction has', async () => {
    const own = predictionHeaders({
      model: 'large',
      version: '1.0.0',
      variant: 'fp16',
      route: 'predict',
      checksum: 'abcdefabcdefabcdef',
      inputs: 1,
      timings: { tokenizeMs: 1, queueMs: 2, inferMs: 3, postprocessMs: 4 },
      totalMs: 11,
      tokens: { total: 5, padded: 1, truncated: 0 },
    });
    const url = await serving((_, response) => response.writeHead(200, own).end());
    const answer = await new ServerClient(url).send(post(), 5000);
    expect(Object.fromEntries(answer.headers)).toEqual(own);
  });

  it('stays compressed', async () => {
    const body = gzipSync('[1, 2, 3]');
    const url = await serving((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
    );
    const answer = await new ServerClient(url).send(post(), 5000);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(await answer.arrayBuffer()).toString()).toBe('[1, 2, 3]');
  });

  it('begins before it is whole, where it is large', async () => {
    const rest = Promise.withResolvers<void>();
    const url = await serving(async (_, response) => {
      response.writeHead(200, { 'content-length': 2_000_000 });
      response.write(Buffer.alloc(1_000_000));
      await rest.promise;
      response.end(Buffer.alloc(1_000_000));
    });
    const answer = await new ServerClient(url).send(post(), 5000);
    rest.resolve();
    expect((await answer.arrayBuffer()).byteLength).toBe(2_000_000);
  });

  it('breaks off where a large one does, and nothing else breaks', async () => {
    const url = await serving((_, response) => {
      response.writeHead(200, { 'content-length': 2_000_000 });
      response.write(Buffer.alloc(1_000_000), () => response.socket?.resetAndDestroy());
    });
    const answer = await new ServerClient(url).send(post(), 5000);
    await expect(answer.arrayBuffer()).rejects.toThrow();
  });

  it('may have no body', async () => {
    const url = await serving((_, response) => response.writeHead(204).end());
    const answer = await new ServerClient(url).send(post(), 5000);
    expect([answer.status, answer.body]).toEqual([204, null]);
  });
});

describe('a container that does not answer', () => {
  it('is unreachable where nobody listens', async () => {
    const url = await serving(() => {});
    const [server] = servers;
    server?.close();
    await expect(new ServerClient(url).send(post(), 5000)).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it.each([502, 503, 504])('is absent where its load balancer says %i', async (status) => {
    const url = await serving((_, response) => response.writeHead(status).end('<html>'));
    await expect(new ServerClient(url).send(post(), 5000)).rejects.toMatchObject({
      code: 'SERVER_ABSENT',
    });
  });

  it.each([429, 500, 424])('is there where it says %i', async (status) => {
    const url = await serving((_, response) => response.writeHead(status).end('{}'));
    expect((await new ServerClient(url).send(post(), 5000)).status).toBe(status);
  });

  it('is late where it takes longer than it may, before its answer or in it', async () => {
    const silent = await serving(() => {});
    const slow = await serving((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('12345');
    });
    for (const url of [silent, slow]) {
      await expect(new ServerClient(url).send(post(), 50)).rejects.toMatchObject({
        code: 'SERVER_TIMEOUT',
      });
    }
  });

  it('is late at once where no time is left', async () => {
    const url = await serving((_, response) => setTimeout(() => response.end('{}'), 1000));
    await expect(new ServerClient(url).send(post(), -5)).rejects.toMatchObject({
      code: 'SERVER_TIMEOUT',
    });
  });

  it('is unreachable where a small answer breaks off', async () => {
    const url = await serving((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('12345', () => response.socket?.resetAndDestroy());
    });
    await expect(new ServerClient(url).send(post(), 5000)).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
  });

  it('is told when the client is gone, and is not to blame', async () => {
    const gone = new AbortController();
    const closed = Promise.withResolvers<void>();
    const url = await serving(async (request, response) => {
      await buffer(request);
      response.once('close', closed.resolve);
      gone.abort(new TypeError('the client is gone'));
    });
    await expect(new ServerClient(url).send(post({ signal: gone.signal }), 5000)).rejects.toThrow(
      'the client is gone',
    );
    await closed.promise;
  });
});

describe('the probe', () => {
  it.each([
    [200, true],
    [503, false],
    [404, false],
  ])('that gets %i finds it ready: %s', async (status, ready) => {
    let asked: string | undefined;
    const url = await serving((request, response) => {
      asked = `${request.method} ${request.url}`;
      response.writeHead(status).end('{}');
    });
    expect(await new ServerClient(url).isReady()).toBe(ready);
    expect(asked).toBe('GET /ready');
  });

  it('that reaches nobody finds it not ready', async () => {
    expect(await new ServerClient('http://127.0.0.1:1').isReady()).toBe(false);
  });
});
