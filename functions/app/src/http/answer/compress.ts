/** Compressed answers. Loaded with the first of them. See ADR-compression.md. */
import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync } from 'node:zlib';

/** Up to so many bytes are compressed in half a millisecond; the way to a thread of libuv and back would cost a third of that. */
const MOST_AT_ONCE = 64_000;

const FASTEST = { level: 1 };
const FASTEST_BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

type Compressor = (body: string | Uint8Array) => Buffer | Promise<Buffer>;
const COMPRESS = {
  gzip: { here: (body) => gzipSync(body, FASTEST), inThread: (body) => promisify(gzip)(body, FASTEST) },
  br: {
    here: (body) => brotliCompressSync(body, FASTEST_BROTLI),
    inThread: (body) => promisify(brotliCompress)(body, FASTEST_BROTLI),
  },
} satisfies Record<string, Record<'here' | 'inThread', Compressor>>;

/** Compresses at the fastest level, because an answer waits for it. */
export async function compress(
  body: string | Uint8Array,
  coding: keyof typeof COMPRESS,
): Promise<Uint8Array<ArrayBuffer>> {
  const { here, inThread } = COMPRESS[coding];
  return new Uint8Array(await (body.length <= MOST_AT_ONCE ? here(body) : inThread(body)));
}
