/** What a host may send that is asked about a model. */
import { createServer, type Server } from 'node:http';
import { createGzip } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { listeningPort } from '../../../../model-assets/format/src/network/listening-port.ts';
import { ToolchainError } from '../../../../model-assets/toolchain/src/errors.ts';
import { HttpClient } from '../../../../model-assets/toolchain/src/sources/remote/http/http-client.ts';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('an answer about a model that unpacks to more than 64 MB is refused, and not kept in memory', async () => {
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(response);
    // 80 kB on the way.
    gzip.end(Buffer.alloc(80e6));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = new URL(`http://127.0.0.1:${listeningPort(server)}`);
  const client = new HttpClient({
    endpoint,
    explain: () => new ToolchainError('SOURCE_UNAVAILABLE', 'other'),
    adviceOnLimit: '',
    onPause: () => {},
  });
  await expect(client.fetch(endpoint)).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.stringContaining('more than 64 MB'),
  });
});
