/** Objects: written, read, copied, deleted. */
import type { IncomingMessage } from 'node:http';
import { S3Error } from '../errors.ts';
import { isUnchanged, readWriteConditions } from '../store/conditions.ts';
import { type StoredObject, writeContent } from '../store/content.ts';
import { readBody } from '../wire/body.ts';
import { readObjectHeaders, writeObjectHeaders } from '../wire/object-headers.ts';
import { type ByteRange, readRange } from '../wire/range.ts';
import { writeXml } from '../wire/xml.ts';
import { openObject, readCopySource, readSource, refuseVersion } from './open-object.ts';
import type { Answer, Call, Operation } from './operation.ts';

const READ_PARAMETERS = [
  'versionId',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];
/** Each makes of a write something else than what it says it is. */
const REFUSED = ['x-amz-write-offset-bytes', 'x-amz-server-side-encryption-customer-algorithm'];

export const OBJECT_OPERATIONS: readonly Operation[] = [
  {
    on: 'object',
    method: 'PUT',
    run: (call) => ('x-amz-copy-source' in call.request.headers ? copy(call) : put(call)),
  },
  { on: 'object', method: 'GET', takes: READ_PARAMETERS, run: get },
  { on: 'object', method: 'HEAD', takes: READ_PARAMETERS, run: head },
  { on: 'object', method: 'DELETE', takes: ['versionId'], run: remove },
];

async function put({ request, key, query, bucket, tell }: Call): Promise<Answer> {
  refuseHeaders(request);
  const conditions = readWriteConditions(request.headers);
  const headers = readObjectHeaders(request.headers, query);
  const begun = bucket.find(key);
  const content = await writeContent(bucket.folder, readBody(request));
  const object = { ...content, etag: `"${content.md5}"`, headers };
  const stored = await bucket.put(key, object, conditions, begun);
  tell('ObjectCreated:Put', key, stored);
  return { status: 200, headers: { etag: stored.etag } };
}

async function copy({ request, key, query, bucket, tell }: Call): Promise<Answer> {
  refuseHeaders(request);
  const { headers } = request;
  const conditions = readWriteConditions(headers);
  const from = readCopySource(headers, bucket);
  const replaces = headers['x-amz-metadata-directive'] === 'REPLACE';
  if (from === key && !replaces) {
    throw new S3Error('InvalidArgument', 'An object is copied to itself with new metadata only.');
  }
  const replaced = replaces ? readObjectHeaders(headers, query) : undefined;
  const begun = bucket.find(key);
  const source = await openObject(bucket, from);
  const content = await writeContent(bucket.folder, await readSource(source));
  const stored = await bucket.put(
    key,
    { ...content, etag: `"${content.md5}"`, headers: replaced ?? source.object.headers },
    conditions,
    begun,
  );
  tell('ObjectCreated:Copy', key, stored);
  const { etag, modified } = stored;
  const result = [['LastModified', modified.toISOString()] as const, ['ETag', etag] as const];
  return { status: 200, body: writeXml('CopyObjectResult', result) };
}

async function get({ request, key, query, bucket }: Call): Promise<Answer> {
  refuseVersion(query);
  const { object, file } = await openObject(bucket, key);
  try {
    const { range, ...answer } = describe(request, object, query);
    if (range) return { ...answer, body: file.createReadStream(range) };
    await file.close();
    return answer;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function head({ request, key, query, bucket }: Call): Answer {
  refuseVersion(query);
  const { range: _, ...answer } = describe(request, bucket.get(key), query);
  return answer;
}

async function remove({ request, key, query, bucket, tell }: Call): Promise<Answer> {
  refuseVersion(query);
  if (await bucket.delete(key, readWriteConditions(request.headers))) tell('ObjectRemoved:Delete', key);
  return { status: 204 };
}

/** The answer to a GET but for its body, and the bytes that are to be its body, if any. @throws S3Error PreconditionFailed, InvalidRange */
function describe(
  { headers }: IncomingMessage,
  object: StoredObject,
  query: ReadonlyMap<string, string>,
): Answer & { readonly range?: ByteRange } {
  const described = writeObjectHeaders(object, query);
  if (isUnchanged(headers, object)) return { status: 304, headers: described };
  const part = readRange(headers.range, object.bytes);
  const { start, end } = part ?? { start: 0, end: object.bytes - 1 };
  return {
    status: part ? 206 : 200,
    headers: {
      ...described,
      'content-length': end - start + 1,
      ...(part && { 'content-range': `bytes ${start}-${end}/${object.bytes}` }),
    },
    ...(start <= end && { range: { start, end } }),
  };
}

function refuseHeaders({ headers }: IncomingMessage): void {
  const refused = REFUSED.find((name) => name in headers);
  if (refused !== undefined) throw new S3Error('NotImplemented', `This S3 does not know ${refused}.`);
}
