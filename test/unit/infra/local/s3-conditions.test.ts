import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { onConditions } from '../../../../infra/local/src/s3/conditions.ts';

it('local S3 lets nobody read an object while it is written, nor write while it is read', async () => {
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const server = createServer(
    onConditions(
      async () => '"etag"',
      async (request, response) => {
        const what = `${request.method} ${request.headers['x-name']}`;
        order.push(`${what} begins`);
        await gate.promise;
        order.push(`${what} ends`);
        response.end();
      },
    ),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const send = (method: string, name: string, key: string) =>
    fetch(`http://127.0.0.1:${port}/bucket/${key}`, { method, headers: { 'x-name': name } });
  const arrived = async (requests: number) => {
    while ((await connections(server)) < requests) await new Promise(setImmediate);
  };
  const first = send('PUT', 'one', 'a');
  await expect.poll(() => order).toEqual(['PUT one begins']);
  const read = send('GET', 'two', 'a');
  await arrived(2);
  const second = send('PUT', 'three', 'a');
  await arrived(3);
  const elsewhere = send('GET', 'four', 'b');
  await expect.poll(() => order).toEqual(['PUT one begins', 'GET four begins']);
  gate.resolve();
  await Promise.all([first, read, second, elsewhere]);
  const ofA = order.filter((line) => !line.includes('four'));
  expect(ofA).toEqual([
    'PUT one begins',
    'PUT one ends',
    'GET two begins',
    'GET two ends',
    'PUT three begins',
    'PUT three ends',
  ]);
  server.close();
});

function connections(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
