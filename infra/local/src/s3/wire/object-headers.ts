/** Headers that a writer gives to an object beside its bytes, and that a reader gets back. */
import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { S3Error } from '../errors.ts';
import type { StoredObject } from '../store/content.ts';
import { contentEncoding } from './body.ts';

const KEPT = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'];
const METADATA = 'x-amz-meta-';
const MAX_METADATA_BYTES = 2048;

/** @throws S3Error MetadataTooLarge, InvalidArgument */
export function readObjectHeaders(
  headers: IncomingHttpHeaders,
  query: ReadonlyMap<string, string> = new Map(),
): StoredObject['headers'] {
  const kept = KEPT.flatMap((name) => {
    const value = headers[name]?.toString();
    return value === undefined ? [] : [[name, value] as const];
  });
  // A signed link has metadata in its query.
  const metadata = [...query, ...Object.entries(headers)].flatMap(([name, value]) =>
    name.toLowerCase().startsWith(METADATA) && value !== undefined
      ? [[name.toLowerCase(), value.toString()] as const]
      : [],
  );
  const bytes = metadata.reduce(
    (sum, [name, value]) => sum + name.length - METADATA.length + value.length,
    0,
  );
  if (bytes > MAX_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', `Metadata has ${MAX_METADATA_BYTES} bytes at most.`);
  }
  const encoding = contentEncoding(headers);
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(kept),
    ...(encoding !== undefined && { 'content-encoding': encoding }),
    ...Object.fromEntries(checkHeaders(metadata)),
  };
}

/** `query` may override some of them, as a signed link does. @throws S3Error InvalidArgument */
export function writeObjectHeaders(
  { headers, etag, modified }: StoredObject,
  query: ReadonlyMap<string, string>,
): Record<string, string> {
  const overrides = [...query].flatMap(([name, value]) =>
    name.startsWith('response-') ? [[name.slice('response-'.length), value] as const] : [],
  );
  return {
    ...headers,
    ...Object.fromEntries(checkHeaders(overrides)),
    etag,
    'last-modified': modified.toUTCString(),
    'accept-ranges': 'bytes',
    // A page that somebody uploaded runs no script that the browser takes for one of this machine.
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
  };
}

/** A query holds characters that no header may hold. */
function checkHeaders(headers: readonly (readonly [string, string])[]) {
  for (const [name, value] of headers) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new S3Error('InvalidArgument', 'A parameter holds what no header may hold.', { cause });
    }
  }
  return headers;
}
