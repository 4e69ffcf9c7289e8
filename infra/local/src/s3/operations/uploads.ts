/** Uploads in parts: begun, filled, listed, completed, given up. */
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from '../errors.ts';
import type { Bucket } from '../store/bucket.ts';
import { readWriteConditions } from '../store/conditions.ts';
import type { NamedPart } from '../store/multipart.ts';
import { readBody, readText } from '../wire/body.ts';
import { readObjectHeaders } from '../wire/object-headers.ts';
import { malformed, readFields, readXml, writeXml } from '../wire/xml.ts';
import { openObject, readCopySource, readSource } from './open-object.ts';
import type { Answer, Call, Operation } from './operation.ts';

const MAX_PARTS = 10_000;
/** 10,000 parts with their checksums. */
const MAX_XML_BYTES = 4 * 2 ** 20;
const PART_FIELDS = [
  'PartNumber',
  'ETag',
  'ChecksumCRC32',
  'ChecksumCRC32C',
  'ChecksumCRC64NVME',
  'ChecksumSHA1',
  'ChecksumSHA256',
] as const;

export const UPLOAD_OPERATIONS: readonly Operation[] = [
  { on: 'object', method: 'POST', needs: ['uploads'], run: create },
  { on: 'object', method: 'PUT', needs: ['uploadId', 'partNumber'], run: putPart },
  { on: 'object', method: 'GET', needs: ['uploadId'], takes: ['max-parts', 'part-number-marker'], run: list },
  { on: 'object', method: 'POST', needs: ['uploadId'], run: complete },
  { on: 'object', method: 'DELETE', needs: ['uploadId'], run: abort },
  { on: 'bucket', method: 'GET', needs: ['uploads'], takes: ['prefix', 'max-uploads'], run: listUploads },
];

function create({ request, key, query, bucket, uploads }: Call): Answer {
  const id = uploads.create(key, readObjectHeaders(request.headers, query));
  const body = writeXml('InitiateMultipartUploadResult', [
    ['Bucket', bucket.name],
    ['Key', key],
    ['UploadId', id],
  ]);
  return { status: 200, body };
}

async function putPart({ request, key, query, bucket, uploads }: Call): Promise<Answer> {
  const { headers } = request;
  const number = readNumber(query.get('partNumber'), 'partNumber');
  const id = uploadId(query);
  // Nothing is read for an upload that is not there.
  uploads.parts(id, key);
  const isCopy = 'x-amz-copy-source' in headers;
  const source = isCopy ? await copiedPart(headers, bucket) : readBody(request);
  const { md5, modified } = await uploads.put(id, key, number, source);
  if (!isCopy) return { status: 200, headers: { etag: `"${md5}"` } };
  const body = writeXml('CopyPartResult', [
    ['LastModified', modified.toISOString()],
    ['ETag', `"${md5}"`],
  ]);
  return { status: 200, body };
}

async function copiedPart(headers: IncomingHttpHeaders, bucket: Bucket): Promise<AsyncIterable<Uint8Array>> {
  const range = headers['x-amz-copy-source-range']?.toString();
  return readSource(await openObject(bucket, readCopySource(headers, bucket)), range);
}

function list({ key, query, bucket, uploads }: Call): Answer {
  const limit = query.has('max-parts') ? readNumber(query.get('max-parts'), 'max-parts') : 1000;
  const after = Number(query.get('part-number-marker') ?? 0);
  const all = [...uploads.parts(uploadId(query), key)]
    .filter(([number]) => number > after)
    .sort(([one], [other]) => one - other);
  const shown = all.slice(0, Math.min(limit, 1000));
  const isTruncated = all.length > shown.length;
  const body = writeXml('ListPartsResult', [
    ['Bucket', bucket.name],
    ['Key', key],
    ['UploadId', uploadId(query)],
    ['IsTruncated', isTruncated],
    ...(isTruncated ? [['NextPartNumberMarker', shown.at(-1)?.[0] ?? after] as const] : []),
    ...shown.map(
      ([number, { md5, bytes, modified }]) =>
        [
          'Part',
          [
            ['PartNumber', number],
            ['LastModified', modified.toISOString()],
            ['ETag', `"${md5}"`],
            ['Size', bytes],
          ],
        ] as const,
    ),
  ]);
  return { status: 200, body };
}

/** All of them are in one page, and more than that are none of this server's. */
function listUploads({ bucket, query, uploads }: Call): Answer {
  const prefix = query.get('prefix') ?? '';
  const body = writeXml('ListMultipartUploadsResult', [
    ['Bucket', bucket.name],
    ['Prefix', prefix],
    ['IsTruncated', false],
    ...uploads.list(prefix).map(
      ({ id, key, initiated }) =>
        [
          'Upload',
          [
            ['Key', key],
            ['UploadId', id],
            ['Initiated', initiated.toISOString()],
            ['StorageClass', 'STANDARD'],
          ],
        ] as const,
    ),
  ]);
  return { status: 200, body };
}

async function complete({ request, key, query, bucket, uploads, tell }: Call): Promise<Answer> {
  const conditions = readWriteConditions(request.headers);
  const parts = readParts(await readText(request, MAX_XML_BYTES));
  const stored = await uploads.complete(uploadId(query), key, parts, conditions);
  tell('ObjectCreated:CompleteMultipartUpload', key, stored);
  const body = writeXml('CompleteMultipartUploadResult', [
    ['Bucket', bucket.name],
    ['Key', key],
    ['ETag', stored.etag],
  ]);
  return { status: 200, body };
}

async function abort({ key, query, uploads }: Call): Promise<Answer> {
  await uploads.abort(uploadId(query), key);
  return { status: 204 };
}

/** @throws S3Error MalformedXML */
function readParts(document: string): NamedPart[] {
  const { name, children } = readXml(document);
  const isUsual = children.length > 0 && children.length <= MAX_PARTS;
  if (name !== 'CompleteMultipartUpload' || !isUsual) throw malformed();
  return children.map((child) => {
    const { PartNumber = '', ETag } = readFields(child, PART_FIELDS);
    if (child.name !== 'Part' || !isPartNumber(PartNumber) || ETag === undefined) throw malformed();
    return { number: Number(PartNumber), etag: ETag };
  });
}

/** @throws S3Error NoSuchUpload for what is no id that this server gives */
function uploadId(query: ReadonlyMap<string, string>): string {
  const id = query.get('uploadId') ?? '';
  if (/^[\da-f]{32}$/.test(id)) return id;
  throw new S3Error('NoSuchUpload', 'That is no id of an upload.');
}

const isPartNumber = (text: string): boolean =>
  /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_PARTS;

function readNumber(text: string | undefined, name: string): number {
  if (text !== undefined && isPartNumber(text)) return Number(text);
  throw new S3Error('InvalidArgument', `${name} is a whole number from 1 to ${MAX_PARTS}.`);
}
