/** The body of a request: what its coding hides, and whether it is what its checksums say. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Error } from '../errors.ts';
import { AwsChunks } from './aws-chunks.ts';

interface Digest {
  update(chunk: Uint8Array): void;
  base64(): string;
}

/** CRC32C and CRC64NVME, which Node does not have, are not compared. */
const DIGESTS: Readonly<Record<string, () => Digest>> = {
  'content-md5': () => hash('md5'),
  'x-amz-checksum-sha1': () => hash('sha1'),
  'x-amz-checksum-sha256': () => hash('sha256'),
  'x-amz-checksum-crc32': crc,
};

function hash(name: string): Digest {
  const sum = createHash(name);
  return { update: (chunk) => void sum.update(chunk), base64: () => sum.digest('base64') };
}

function crc(): Digest {
  let sum = 0;
  return {
    update: (chunk) => {
      sum = crc32(chunk, sum);
    },
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sum);
      return bytes.toString('base64');
    },
  };
}

/** The decoded bytes of a body. @throws S3Error BadDigest, IncompleteBody once it is read; what breaks the connection */
export async function* readBody(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  const { headers } = request;
  // A reader that stops early leaves the connection open for the answer that says why.
  const source = request.iterator({ destroyOnReturn: false });
  const chunks = isAwsChunked(headers) ? new AwsChunks(source) : undefined;
  const announced = headers['x-amz-trailer']?.toString().toLowerCase().trim() ?? '';
  const digests = Object.entries(DIGESTS).flatMap(([name, start]) =>
    headers[name] !== undefined || (chunks && name === announced) ? [{ name, digest: start() }] : [],
  );
  let bytes = 0;
  for await (const chunk of chunks?.data() ?? source) {
    for (const { digest } of digests) digest.update(chunk);
    bytes += chunk.byteLength;
    yield chunk;
  }
  const length = headers['x-amz-decoded-content-length'];
  if (chunks && length !== undefined && Number(length) !== bytes) {
    throw new S3Error('IncompleteBody', `The body has ${bytes} bytes, and ${Number(length)} were announced.`);
  }
  for (const { name, digest } of digests) {
    const expected = headers[name] ?? chunks?.trailers.get(name);
    if (expected !== digest.base64()) {
      throw new S3Error('BadDigest', `The body is not what ${name} says.`);
    }
  }
}

/** The text of a body of at most `maxBytes`. @throws S3Error EntityTooLarge, and what `readBody` throws */
export async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of readBody(request)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new S3Error('EntityTooLarge', `The body of this request has ${maxBytes} bytes at most.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isAwsChunked(headers: IncomingHttpHeaders): boolean {
  const content = headers['x-amz-content-sha256']?.toString() ?? '';
  return content.startsWith('STREAMING-') || codings(headers).some(isOfTheRequest);
}

/** The codings that the object has, without the one that is of the request alone. */
export function contentEncoding(headers: IncomingHttpHeaders): string | undefined {
  const own = codings(headers).filter((coding) => !isOfTheRequest(coding));
  return own.length > 0 ? own.join(', ') : undefined;
}

const isOfTheRequest = (coding: string): boolean => coding.toLowerCase() === 'aws-chunked';

function codings({ 'content-encoding': encoding = '' }: IncomingHttpHeaders): string[] {
  return encoding.split(',').flatMap((coding) => coding.trim() || []);
}
