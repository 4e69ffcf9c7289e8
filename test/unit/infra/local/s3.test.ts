import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { S3Objects } from '../../../../functions/app/src/aws/s3-objects.ts';
import { type S3Server, startS3 } from '../../../../infra/local/src/s3/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-s3-'));
const notifications: string[] = [];
let server: S3Server;
let objects: S3Objects;
beforeAll(async () => {
  server = await startS3({ bucket: 'uploads', folder, notify: (message) => notifications.push(message) });
  const client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  objects = new S3Objects(client, 'uploads');
});
afterAll(async () => {
  objects.client.destroy();
  await server.close();
  rmSync(folder, { recursive: true });
});

const object = (key: string, text: string) => ({
  key,
  body: Buffer.from(text),
  contentType: 'text/plain',
  metadata: { 'pilotlight-run': text },
});

it('local S3 writes only where nothing lies, or what was seen before', async () => {
  expect(await objects.put(object('a', 'one'), undefined)).toBe(true);
  expect(await objects.put(object('a', 'two'), undefined)).toBe(false);
  const seen = await objects.head('a');
  expect(seen?.metadata).toMatchObject({ 'pilotlight-run': 'one' });
  expect(await objects.put(object('a', 'three'), seen)).toBe(true);
  expect(await objects.put(object('a', 'four'), seen)).toBe(false);
  expect(await objects.text('a', 100)).toBe('three');
  await objects.delete('a');
  expect(await objects.put(object('a', 'five'), seen)).toBe(false);
  expect(await objects.head('a')).toBeUndefined();
});

it.each(['%E0%A4%A', 'a%00b', 'a'.repeat(1025)])('local S3 refuses the key %s, and goes on', async (key) => {
  const ask = (method: string) => fetch(`${server.endpoint}/uploads/${key}`, { method });
  expect((await ask('PUT')).status).toBe(400);
  expect((await ask('GET')).status).toBeGreaterThanOrEqual(400);
  expect(await objects.head('nothing')).toBeUndefined();
});

it('local S3 lets one of many writers at once win', async () => {
  const writes = Array.from({ length: 10 }, (_, i) => objects.put(object('b', `writer ${i}`), undefined));
  expect((await Promise.all(writes)).filter((wrote) => wrote)).toHaveLength(1);
});

it('local S3 tells of what was written, with its key as S3 encodes it', async () => {
  notifications.length = 0;
  await objects.put(object('in/m/a b+c é.txt', 'text'), undefined);
  expect(JSON.parse(notifications[0] ?? '')).toMatchObject({
    Records: [
      {
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { object: { key: 'in/m/a+b%2Bc+%C3%A9.txt' } },
      },
    ],
  });
});
