/** The target of a request: the service, a bucket, or an object; and its parameters. */
import { decodePercent } from '../../percent-decoding.ts';
import { S3Error } from '../errors.ts';

export interface Target {
  readonly kind: 'service' | 'bucket' | 'object';
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

const MAX_KEY_BYTES = 1024;

/** The bucket stands in the path. @throws S3Error InvalidURI, KeyTooLongError, InvalidArgument */
export function parseTarget(url: string): Target {
  const [, path, query = ''] = /^\/([^?#]*)(?:\?([^#]*))?$/.exec(url) ?? [];
  if (path === undefined || !/^[\x21-\x7e]*$/.test(url)) throw invalidUri();
  const slash = path.indexOf('/');
  const bucket = decode(slash === -1 ? path : path.slice(0, slash));
  const key = slash === -1 ? '' : decode(path.slice(slash + 1));
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', `A key has ${MAX_KEY_BYTES} bytes at most.`);
  }
  const kind = key !== '' ? 'object' : path === '' ? 'service' : 'bucket';
  return { kind, bucket, key, query: parseQuery(query) };
}

function decode(text: string): string {
  const decoded = decodePercent(text);
  if (decoded === undefined || decoded.includes('\0')) throw invalidUri();
  return decoded;
}

function parseQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name)) throw new S3Error('InvalidArgument', `The parameter ${name} comes twice.`);
    query.set(name, value);
  }
  return query;
}

function invalidUri(): S3Error {
  return new S3Error('InvalidURI', 'The path is not percent-encoded UTF-8, or holds NUL.');
}
