/** The bucket: looked for, listed, rid of many objects at once. There is one, and nobody makes or removes it. */

import { S3Error } from '../errors.ts';
import { readText } from '../wire/body.ts';
import { type Element, malformed, readFields, readXml, writeXml } from '../wire/xml.ts';
import { listObjects } from './list.ts';
import type { Answer, Call, Operation } from './operation.ts';

const MAX_DELETED = 1000;
/** 1,000 keys with every character written as a reference. */
const MAX_XML_BYTES = 8 * 2 ** 20;
const LIST_PARAMETERS = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];

export const BUCKET_OPERATIONS: readonly Operation[] = [
  { on: 'service', method: 'GET', run: listBuckets },
  {
    on: 'bucket',
    method: 'HEAD',
    run: () => ({ status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } }),
  },
  { on: 'bucket', method: 'GET', needs: ['location'], run: locate },
  {
    on: 'bucket',
    method: 'GET',
    needs: ['list-type'],
    takes: [...LIST_PARAMETERS, 'continuation-token', 'start-after', 'fetch-owner'],
    run: list,
  },
  { on: 'bucket', method: 'GET', takes: [...LIST_PARAMETERS, 'marker'], run: list },
  { on: 'bucket', method: 'POST', needs: ['delete'], run: deleteMany },
];

function listBuckets({ bucket }: Call): Answer {
  const only = [['Name', bucket.name] as const, ['CreationDate', new Date(0).toISOString()] as const];
  return { status: 200, body: writeXml('ListAllMyBucketsResult', [['Buckets', [['Bucket', only]]]]) };
}

/** That of us-east-1 is empty. */
function locate(): Answer {
  return { status: 200, body: writeXml('LocationConstraint', '') };
}

function list({ bucket, query }: Call): Answer {
  return { status: 200, body: listObjects(bucket, query) };
}

async function deleteMany({ request, bucket, tell }: Call): Promise<Answer> {
  const { keys, isQuiet } = readDelete(await readText(request, MAX_XML_BYTES));
  for (const key of keys) {
    if (await bucket.delete(key)) tell('ObjectRemoved:Delete', key);
  }
  const deleted = isQuiet ? [] : keys.map((key) => ['Deleted', [['Key', key]]] as const);
  return { status: 200, body: writeXml('DeleteResult', deleted) };
}

/** @throws S3Error MalformedXML, NotImplemented */
function readDelete(document: string): { keys: readonly string[]; isQuiet: boolean } {
  const { name, children } = readXml(document);
  const objects = children.filter((child) => child.name === 'Object');
  const others = children.filter((child) => child.name !== 'Object');
  if (name !== 'Delete' || objects.length === 0 || objects.length > MAX_DELETED) throw malformed();
  const { Quiet = 'false' } = readFields({ name, children: others, text: '' }, ['Quiet']);
  return { keys: objects.map(readKey), isQuiet: Quiet === 'true' };
}

function readKey(element: Element): string {
  const { Key, VersionId = 'null' } = readFields(element, ['Key', 'VersionId']);
  if (Key === undefined || Key === '') throw malformed();
  if (VersionId !== 'null') throw new S3Error('NotImplemented', 'This bucket has no versions.');
  return Key;
}
