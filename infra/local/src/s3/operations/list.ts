/** Lists the keys of a bucket, a page at a time, in S3's two versions of the request. */

import { S3Error } from '../errors.ts';
import { type Bucket, compareKeys } from '../store/bucket.ts';
import { writeXml, type XmlChild } from '../wire/xml.ts';

const MAX_KEYS = 1000;

interface Page {
  readonly items: readonly { readonly text: string; readonly isPrefix: boolean }[];
  readonly isTruncated: boolean;
}

/** `after` is the last item of the page before: a key, or a common prefix. */
function page(
  bucket: Bucket,
  {
    prefix,
    delimiter,
    after,
    maxKeys,
  }: { prefix: string; delimiter: string; after: string; maxKeys: number },
): Page {
  const items: { text: string; isPrefix: boolean }[] = [];
  for (const key of bucket.keys()) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const text = end === -1 ? key : key.slice(0, end + delimiter.length);
    // A common prefix is over once it was the last item, although keys of it follow.
    const isBefore = after !== '' && (compareKeys(key, after) <= 0 || (end !== -1 && text === after));
    if (isBefore) continue;
    if (text === items.at(-1)?.text) continue;
    if (items.length === maxKeys) return { items, isTruncated: maxKeys > 0 };
    items.push({ text, isPrefix: end !== -1 });
  }
  return { items, isTruncated: false };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and API_ListObjects.html. @throws S3Error InvalidArgument */
export function listObjects(bucket: Bucket, query: ReadonlyMap<string, string>): string {
  const isSecond = query.has('list-type');
  if (isSecond && query.get('list-type') !== '2') throw invalid('list-type');
  const isEncoded = query.has('encoding-type');
  if (isEncoded && query.get('encoding-type') !== 'url') throw invalid('encoding-type');
  const maxKeys = Math.min(readCount(query.get('max-keys') ?? `${MAX_KEYS}`), MAX_KEYS);
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const token = query.get('continuation-token');
  const start = (isSecond ? query.get('start-after') : query.get('marker')) ?? '';
  const after = token === undefined ? start : readToken(token);
  const { items, isTruncated } = page(bucket, { prefix, delimiter, after, maxKeys });
  const encode = (text: string) => (isEncoded ? encodeURIComponent(text).replaceAll('%2F', '/') : text);
  const last = items.at(-1)?.text ?? '';
  const found = items.map(
    ({ text, isPrefix }): XmlChild =>
      isPrefix
        ? ['CommonPrefixes', [['Prefix', encode(text)]]]
        : ['Contents', describe(bucket, text, encode)],
  );
  const fields: Readonly<Record<string, string | number | boolean | undefined>> = {
    Name: bucket.name,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    MaxKeys: maxKeys,
    EncodingType: query.get('encoding-type'),
    IsTruncated: isTruncated,
    ...(isSecond
      ? {
          KeyCount: items.length,
          StartAfter: start === '' ? undefined : encode(start),
          ContinuationToken: token,
          NextContinuationToken: isTruncated ? writeToken(last) : undefined,
        }
      : { Marker: encode(start), NextMarker: isTruncated ? encode(last) : undefined }),
  };
  const known = Object.entries(fields).flatMap(([name, value]): XmlChild[] =>
    value === undefined ? [] : [[name, value]],
  );
  return writeXml('ListBucketResult', [...known, ...found]);
}

function describe(bucket: Bucket, key: string, encode: (text: string) => string): XmlChild[] {
  const { modified, etag, bytes } = bucket.get(key);
  return [
    ['Key', encode(key)],
    ['LastModified', modified.toISOString()],
    ['ETag', etag],
    ['Size', bytes],
    ['StorageClass', 'STANDARD'],
  ];
}

function readCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw invalid('max-keys');
  return Number(text);
}

const writeToken = (last: string): string => Buffer.from(last).toString('base64url');

function readToken(token: string): string {
  const last = Buffer.from(token, 'base64url').toString();
  if (token === '' || writeToken(last) !== token) throw invalid('continuation-token');
  return last;
}

const invalid = (name: string): S3Error =>
  new S3Error('InvalidArgument', `The parameter ${name} does not take that.`);
