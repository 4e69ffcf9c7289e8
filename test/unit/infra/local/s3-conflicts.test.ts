/** What local S3 answers to writes under a condition that others overtake, and to whoever asks which uploads are open. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type S3Server, startS3 } from '../../../../infra/local/src/s3/server.ts';

const Bucket = 'models';
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-s3-'));
let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  server = await startS3({ bucket: Bucket, folder });
  client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
});
afterAll(async () => {
  client.destroy();
  await server.close();
  rmSync(folder, { recursive: true });
});

const put = (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body }));
const read = async (Key: string) =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

/** A PUT whose body has begun, and goes on when it is told to. */
async function begin(key: string, headers: Record<string, string>): Promise<ClientRequest> {
  const { hostname, port } = new URL(server.endpoint);
  const slow = request({ hostname, port, method: 'PUT', path: `/${Bucket}/${key}`, headers });
  slow.write('slow ');
  await wait(50);
  return slow;
}

async function end(slow: ClientRequest): Promise<string> {
  slow.end('body');
  const [response]: IncomingMessage[] = await once(slow, 'response');
  if (!response) throw new TypeError('no response');
  const code = /<Code>(\w+)</.exec(await text(response))?.[1];
  return `${response.statusCode} ${code ?? ''}`.trim();
}

describe('a write under a condition', () => {
  test('that held when it began, and does not when it ends, is a conflict, and the quicker one stays', async () => {
    const first = await begin('new', { 'if-none-match': '*' });
    await put('new', 'quick');
    expect(await end(first)).toBe('409 ConditionalRequestConflict');
    expect(await read('new')).toBe('quick');

    const { ETag = '' } = await put('there', 'before');
    const replacing = await begin('there', { 'if-match': ETag });
    await put('there', 'quick');
    expect(await end(replacing)).toBe('409 ConditionalRequestConflict');
    expect(await read('there')).toBe('quick');
  });

  test('that did not hold when it began has failed', async () => {
    await put('old', 'there');
    const late = await begin('old', { 'if-none-match': '*' });
    await put('old', 'again');
    expect(await end(late)).toBe('412 PreconditionFailed');
  });

  test('whose object is deleted meanwhile is written where none may be, and refused where it must be', async () => {
    const { ETag = '' } = await put('gone', 'before');
    const [fresh, replacing] = [
      await begin('gone', { 'if-none-match': '*' }),
      await begin('gone', { 'if-match': ETag }),
    ];
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
    expect(await end(replacing)).toBe('409 ConditionalRequestConflict');
    expect(await end(fresh)).toBe('200');
  });
});

test('uploads that are open are listed by key and time, below a prefix', async () => {
  const create = (Key: string) => client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const ids = [(await create('b/2')).UploadId, (await create('b/1')).UploadId, (await create('a')).UploadId];
  const list = async (Prefix?: string) =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }))).Uploads ?? [];
  expect((await list()).map(({ Key }) => Key)).toEqual(['a', 'b/1', 'b/2']);
  expect(await list('b/')).toMatchObject([
    { Key: 'b/1', UploadId: ids[1], Initiated: expect.any(Date) },
    { Key: 'b/2', UploadId: ids[0] },
  ]);
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'a', UploadId: ids[2] }));
  expect(await list('a')).toEqual([]);
});
