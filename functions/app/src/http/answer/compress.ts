/** Compressed answers. Loaded with the first of them. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const COMPRESS = {
  gzip: (body: string | Uint8Array) => promisify(gzip)(body, { level: 1 }),
  br: (body: string | Uint8Array) =>
    promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};

/** Compresses in a thread of libuv, at the fastest level because an answer waits for it. */
export async function compress(
  body: string | Uint8Array,
  coding: keyof typeof COMPRESS,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await COMPRESS[coding](body));
}
