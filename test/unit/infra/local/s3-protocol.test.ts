/** What local S3 answers to the requests of S3's own client, as Amazon documents it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type S3Server, startS3 } from '../../../../infra/local/src/s3/server.ts';

const Bucket = 'uploads';
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-s3-'));
const events = z.object({
  Records: z.array(
    z.object({ eventName: z.string(), s3: z.object({ object: z.object({ key: z.string() }) }) }),
  ),
});
const told: string[] = [];
let server: S3Server;
let client: S3Client;
beforeAll(async () => {
  server = await startS3({
    bucket: Bucket,
    folder,
    notify: (message) => {
      for (const { eventName, s3 } of events.parse(JSON.parse(message)).Records) {
        told.push(`${eventName} ${s3.object.key}`);
      }
    },
  });
  client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
});
beforeEach(() => void told.splice(0));
afterAll(async () => {
  client.destroy();
  await server.close();
  rmSync(folder, { recursive: true });
});

const put = (Key: string, Body: string | Uint8Array, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Body), ...more }));
const get = async (Key: string, more: object = {}) => {
  const { Body, ...head } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...head, text: (await Body?.transformToString()) ?? '' };
};
const md5 = (body: string | Buffer) => createHash('md5').update(body).digest('hex');
const refused = (name: string) => expect.objectContaining({ name });

describe('an object', () => {
  it('comes back with its bytes, its MD5 as ETag, its type, its coding and its metadata', async () => {
    const Metadata = { 'pilotlight-options': '{"column":"a"}', b: 'c' };
    await put('a', 'hello', {
      ContentType: 'text/csv',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      Metadata,
    });
    expect(await get('a')).toMatchObject({
      text: 'hello',
      ETag: `"${md5('hello')}"`,
      ContentType: 'text/csv',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      ContentLength: 5,
      Metadata,
    });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect(head).toMatchObject({ ETag: `"${md5('hello')}"`, ContentLength: 5, ContentEncoding: 'gzip' });
    expect(told).toEqual(['ObjectCreated:Put a']);
  });

  it('may be empty', async () => {
    await put('empty', '');
    expect(await get('empty')).toMatchObject({ text: '', ContentLength: 0 });
    await expect(get('empty', { Range: 'bytes=0-9' })).rejects.toEqual(refused('InvalidRange'));
  });

  it('may be sent as a stream whose checksum comes after it', async () => {
    const body = Buffer.alloc(300_000, 'abc');
    const stream = Readable.from([body.subarray(0, 7), body.subarray(7, 200_000), body.subarray(200_000)]);
    const command = new PutObjectCommand({ Bucket, Key: 'stream', Body: stream, ContentLength: body.length });
    await client.send(command);
    expect((await get('stream')).ETag).toBe(`"${md5(body)}"`);
    expect((await get('stream')).ContentEncoding).toBeUndefined();
  });

  it.each([
    ['bytes=1-3', 'ell', 'bytes 1-3/5'],
    ['bytes=3-', 'lo', 'bytes 3-4/5'],
    ['bytes=-2', 'lo', 'bytes 3-4/5'],
    ['bytes=-9', 'hello', 'bytes 0-4/5'],
    ['bytes=2-99', 'llo', 'bytes 2-4/5'],
    ['bytes=3-1', 'hello', undefined],
    ['lines=1-2', 'hello', undefined],
    ['bytes=0-1,3-4', 'hello', undefined],
  ])('is read in the range %s', async (Range, text, ContentRange) => {
    await put('range', 'hello');
    const got = await get('range', { Range });
    expect([got.text, got.ContentRange]).toEqual([text, ContentRange]);
  });

  it('is not read beyond its end', async () => {
    await put('range', 'hello');
    for (const Range of ['bytes=5-', 'bytes=9-10', 'bytes=-0']) {
      await expect(get('range', { Range }), Range).rejects.toEqual(refused('InvalidRange'));
    }
  });

  it('is read where the conditions of the reader hold', async () => {
    const { ETag = '' } = await put('read', 'hello');
    const { LastModified } = await get('read', { IfMatch: ETag });
    await expect(get('read', { IfMatch: '"other"' })).rejects.toEqual(refused('PreconditionFailed'));
    await expect(get('read', { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(get('read', { IfModifiedSince: LastModified })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(get('read', { IfUnmodifiedSince: new Date(0) })).rejects.toEqual(
      refused('PreconditionFailed'),
    );
    expect((await get('read', { IfNoneMatch: '"other"', IfModifiedSince: LastModified })).text).toBe('hello');
    await expect(get('nobody', { IfMatch: ETag })).rejects.toEqual(refused('NoSuchKey'));
  });

  it('is written and deleted where the conditions of the writer hold', async () => {
    const { ETag } = await put('write', 'one', { IfNoneMatch: '*' });
    await expect(put('write', 'two', { IfNoneMatch: '*' })).rejects.toEqual(refused('PreconditionFailed'));
    await expect(put('write', 'two', { IfMatch: '"other"' })).rejects.toEqual(refused('PreconditionFailed'));
    await expect(put('nobody', 'two', { IfMatch: ETag })).rejects.toEqual(refused('NoSuchKey'));
    await expect(put('write', 'two', { IfNoneMatch: ETag })).rejects.toEqual(refused('NotImplemented'));
    const gone = (IfMatch?: string) =>
      client.send(new DeleteObjectCommand({ Bucket, Key: 'write', IfMatch }));
    await expect(gone('"other"')).rejects.toEqual(refused('PreconditionFailed'));
    expect((await get('write')).text).toBe('one');
    await gone(ETag);
    await gone();
    expect(told).toEqual(['ObjectCreated:Put write', 'ObjectRemoved:Delete write']);
  });

  it('is refused with a digest that it does not have, or with metadata that is too large', async () => {
    await expect(put('bad', 'hello', { ContentMD5: Buffer.alloc(16).toString('base64') })).rejects.toEqual(
      refused('BadDigest'),
    );
    await expect(
      put('bad', 'hello', { ChecksumSHA256: Buffer.alloc(32).toString('base64') }),
    ).rejects.toEqual(refused('BadDigest'));
    await expect(put('bad', 'hello', { Metadata: { a: 'x'.repeat(2048) } })).rejects.toEqual(
      refused('MetadataTooLarge'),
    );
    await put('good', 'hello', { ContentMD5: createHash('md5').update('hello').digest('base64') });
    await expect(get('bad')).rejects.toEqual(refused('NoSuchKey'));
  });

  it('is read by who has a signed link, in the type that the link says', async () => {
    await put('link', 'hello');
    const command = new GetObjectCommand({ Bucket, Key: 'link', ResponseContentType: 'text/x-mine' });
    const answer = await fetch(await getSignedUrl(client, command, { expiresIn: 60 }));
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/x-mine', 'hello']);
    const forged = new GetObjectCommand({ Bucket, Key: 'link', ResponseContentType: 'a\r\nset-cookie: b' });
    expect((await fetch(await getSignedUrl(client, forged))).status).toBe(400);
    const upload = await getSignedUrl(
      client,
      new PutObjectCommand({ Bucket, Key: 'up', Metadata: { a: 'b' } }),
    );
    expect((await fetch(upload, { method: 'PUT', body: 'x' })).status).toBe(200);
    expect((await get('up')).Metadata).toEqual({ a: 'b' });
  });

  it('is what it was to those who read it while it is replaced', async () => {
    const long = Buffer.alloc(5_000_000, 'a');
    await put('replaced', long);
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'replaced' }));
    await put('replaced', 'new');
    expect((await Body?.transformToByteArray())?.length).toBe(long.length);
    expect((await get('replaced')).text).toBe('new');
  });

  it('is copied, with its metadata or with new', async () => {
    await put('from/ü +', 'hello', { ContentType: 'text/csv', Metadata: { a: 'b' } });
    const CopySource = `${Bucket}/${encodeURIComponent('from/ü +')}`;
    await client.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource }));
    expect(await get('to')).toMatchObject({ text: 'hello', ContentType: 'text/csv', Metadata: { a: 'b' } });
    await client.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'to',
        CopySource,
        MetadataDirective: 'REPLACE',
        Metadata: { c: 'd' },
      }),
    );
    expect((await get('to')).Metadata).toEqual({ c: 'd' });
    expect(told.at(-1)).toBe('ObjectCreated:Copy to');
  });
});

describe('an upload in parts', () => {
  const begin = async (Key: string) => {
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'text/csv', Metadata: { a: 'b' } }),
    );
    const part = async (PartNumber: number, Body: Buffer) => {
      const command = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body });
      return { PartNumber, ETag: (await client.send(command)).ETag };
    };
    const complete = (Parts: { PartNumber: number; ETag: string | undefined }[], more: object = {}) =>
      client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
      );
    return { UploadId, part, complete };
  };
  const MEGABYTES = 5 * 2 ** 20;

  it('is one object, with the ETag of its parts', async () => {
    const { part, complete, UploadId } = await begin('parts');
    const bodies = [Buffer.alloc(MEGABYTES, 'a'), Buffer.alloc(MEGABYTES, 'b'), Buffer.from('c')];
    const last = await part(10_000, bodies[2] ?? Buffer.alloc(0));
    await part(1, Buffer.from('replaced by another of its number'));
    const parts = [
      await part(1, bodies[0] ?? Buffer.alloc(0)),
      await part(2, bodies[1] ?? Buffer.alloc(0)),
      last,
    ];
    const listed = await client.send(new ListPartsCommand({ Bucket, Key: 'parts', UploadId, MaxParts: 2 }));
    expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    await expect(get('parts')).rejects.toEqual(refused('NoSuchKey'));
    const { ETag } = await complete(parts);
    const digests = bodies.map((body) => createHash('md5').update(body).digest());
    expect(ETag).toBe(`"${md5(Buffer.concat(digests))}-3"`);
    const got = await get('parts');
    expect(got).toMatchObject({ ETag, ContentType: 'text/csv', Metadata: { a: 'b' } });
    expect(md5(got.text)).toBe(md5(Buffer.concat(bodies)));
    expect(told).toEqual(['ObjectCreated:CompleteMultipartUpload parts']);
    await expect(complete(parts)).rejects.toEqual(refused('NoSuchUpload'));
  });

  it('is refused where a part is small, missing, another one, or out of order', async () => {
    const { part, complete, UploadId } = await begin('refused');
    const [one, two] = [await part(1, Buffer.from('a')), await part(2, Buffer.from('b'))];
    await expect(complete([one, two])).rejects.toEqual(refused('EntityTooSmall'));
    await expect(complete([two, one])).rejects.toEqual(refused('InvalidPartOrder'));
    await expect(complete([{ ...one, ETag: two.ETag }])).rejects.toEqual(refused('InvalidPart'));
    await expect(complete([{ ...one, PartNumber: 3 }])).rejects.toEqual(refused('InvalidPart'));
    const elsewhere = { Bucket, Key: 'elsewhere', UploadId, MultipartUpload: { Parts: [one] } };
    await expect(client.send(new CompleteMultipartUploadCommand(elsewhere))).rejects.toEqual(
      refused('NoSuchUpload'),
    );
    await complete([one]);
  });

  it('is written where its condition holds, and can be completed once more where it does not', async () => {
    await put('condition', 'there');
    const { part, complete } = await begin('condition');
    const parts = [await part(1, Buffer.from('new'))];
    await expect(complete(parts, { IfNoneMatch: '*' })).rejects.toEqual(refused('PreconditionFailed'));
    await complete(parts, { IfMatch: `"${md5('there')}"` });
    expect((await get('condition')).text).toBe('new');
  });

  it('leaves no file behind but that of the object', async () => {
    const count = readdirSync(folder).length;
    const { part, complete } = await begin('files');
    await complete([await part(1, Buffer.from('a'))]);
    expect(readdirSync(folder)).toHaveLength(count + 1);
  });
});

describe('a bucket', () => {
  const fill = async () => {
    for (const key of ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/d/1', 'l/\uffff', 'l/😀']) await put(key, key);
  };
  const page = (more: object) => client.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', ...more }));
  const keysOf = ({ Contents = [], CommonPrefixes = [] }: Awaited<ReturnType<typeof page>>) =>
    [...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix)].toSorted();

  it('lists its keys in the order of their bytes, with sizes and ETags', async () => {
    await fill();
    const { Contents = [], KeyCount } = await page({});
    expect(Contents.map(({ Key }) => Key)).toEqual([
      'l/a',
      'l/b/1',
      'l/b/2',
      'l/c',
      'l/d/1',
      'l/\uffff',
      'l/😀',
    ]);
    expect(Contents[0]).toMatchObject({ Size: 3, ETag: `"${md5('l/a')}"` });
    expect(KeyCount).toBe(7);
  });

  it.each([1, 2, 3, 4])('lists folders once, in pages of %i', async (MaxKeys) => {
    await fill();
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const one = await page({ Delimiter: '/', MaxKeys, ContinuationToken });
      expect(one.KeyCount).toBeLessThanOrEqual(MaxKeys);
      found.push(...keysOf(one));
      ContinuationToken = one.NextContinuationToken;
    } while (ContinuationToken);
    expect(found.toSorted()).toEqual(['l/a', 'l/b/', 'l/c', 'l/d/', 'l/\uffff', 'l/😀'].toSorted());
  });

  it('lists in the first version of the request, too', async () => {
    await fill();
    const first = await client.send(
      new ListObjectsCommand({ Bucket, Prefix: 'l/', Delimiter: '/', MaxKeys: 2 }),
    );
    expect(first).toMatchObject({ IsTruncated: true, NextMarker: 'l/b/' });
    const next = { Bucket, Prefix: 'l/', Delimiter: '/', MaxKeys: 2, Marker: first.NextMarker };
    const second = await client.send(new ListObjectsCommand(next));
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['l/c']);
    expect(second.CommonPrefixes).toEqual([{ Prefix: 'l/d/' }]);
  });

  it('begins after a key, and refuses a token that is none of its own', async () => {
    await fill();
    expect(keysOf(await page({ StartAfter: 'l/b/1', MaxKeys: 2 }))).toEqual(['l/b/2', 'l/c']);
    expect(keysOf(await page({ MaxKeys: 0 }))).toEqual([]);
    await expect(page({ ContinuationToken: '???' })).rejects.toEqual(refused('InvalidArgument'));
    await expect(page({ MaxKeys: -1 })).rejects.toEqual(refused('InvalidArgument'));
  });

  it('is rid of many objects by one request', async () => {
    for (const key of ['d/1', 'd/2 <&>"\'', 'd/3\n']) await put(key, '');
    const Objects = ['d/1', 'd/2 <&>"\'', 'd/3\n', 'd/nobody'].map((Key) => ({ Key }));
    const { Deleted = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toHaveLength(4);
    expect((await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'd/' }))).KeyCount).toBe(0);
    const quiet = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
    expect((await client.send(quiet)).Deleted).toBeUndefined();
  });

  it('is there, is the only one, and lies nowhere in particular', async () => {
    await client.send(new HeadBucketCommand({ Bucket }));
    expect((await client.send(new ListBucketsCommand({}))).Buckets).toMatchObject([{ Name: Bucket }]);
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy();
    await expect(client.send(new HeadBucketCommand({ Bucket: 'other' }))).rejects.toEqual(
      refused('NotFound'),
    );
    const other = new PutObjectCommand({ Bucket: 'other', Key: 'a', Body: 'b' });
    await expect(client.send(other)).rejects.toEqual(refused('NoSuchBucket'));
  });
});
