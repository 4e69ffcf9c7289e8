import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readObject } from '../../../functions/app/src/aws/s3-read.ts';

const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
const ETAG = '"e"';
type Answer = (response: ServerResponse, body: Buffer) => void;

const whole: Answer = (response, body) => void response.end(body);
const cut: Answer = (response, body) => {
  // A reset that overtakes the bytes would lose them.
  response.write(body.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
};
const stall: Answer = (response, body) => void response.write(body.subarray(0, 50_000));
const nothing: Answer = (response) => void response.destroy();

/** The answers to the next requests, in order; all later ones get the whole object. */
let answers: Answer[] = [];
let ranges: (string | undefined)[] = [];
const server = createServer((request: IncomingMessage, response) => {
  const { range, 'if-match': expected } = request.headers;
  ranges.push(range);
  if (expected !== ETAG) return void response.writeHead(412).end();
  const start = Number(/=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
  const body = CONTENT.subarray(start);
  const last = CONTENT.length - 1;
  response.writeHead(206, {
    etag: ETAG,
    'content-length': body.length,
    'content-range': `bytes ${start}-${last}/${CONTENT.length}`,
  });
  (answers.shift() ?? whole)(response, body);
});
let client: S3Client;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new S3Client({
    endpoint: `http://127.0.0.1:${listeningPort(server)}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  });
});
afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

/** Waits for a silent connection as long as in operation, unless a test is about silence: a busy machine is silent, too. */
async function read(script: Answer[], { from = 0, etag = ETAG, silenceMs = 20_000 } = {}): Promise<Buffer> {
  answers = script;
  ranges = [];
  const object = { bucket: 'uploads', key: 'a', etag, bytes: CONTENT.length };
  const chunks: Uint8Array[] = [];
  for await (const chunk of readObject(client, object, from, { silenceMs })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

it('a read of an object goes on where a connection broke or fell silent', async () => {
  expect((await read([cut, stall, nothing, cut], { silenceMs: 1000 })).equals(CONTENT)).toBe(true);
  expect(ranges).toHaveLength(5);
  expect(ranges[0]).toBe('bytes=0-299999');
  expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-299999$/.test(range ?? ''))).toBe(true);
});

it('a read of an object begins at the offset that is asked for', async () => {
  expect((await read([], { from: 123_456 })).equals(CONTENT.subarray(123_456))).toBe(true);
  expect(ranges).toEqual(['bytes=123456-299999']);
});

it('a read of an object gives up after six connections without a byte', async () => {
  await expect(read(Array(6).fill(nothing))).rejects.toThrow();
  expect(ranges).toHaveLength(6);
});

it('a read does not take the time of a slow consumer for silence', async () => {
  answers = [];
  ranges = [];
  const object = { bucket: 'uploads', key: 'a', etag: ETAG, bytes: CONTENT.length };
  let bytes = 0;
  for await (const chunk of readObject(client, object, 0, { silenceMs: 200 })) {
    if (bytes === 0) await new Promise((done) => setTimeout(done, 450));
    bytes += chunk.length;
  }
  expect(bytes).toBe(CONTENT.length);
  expect(ranges).toHaveLength(1);
});

it('a read of an object does not go on in another one that took its place', async () => {
  await expect(read([], { etag: '"other"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  expect(ranges).toHaveLength(1);
});
