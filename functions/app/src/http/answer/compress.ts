/** Compressed answers. Loaded with the first of them. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const COMPRESS = {
  gzip: (text: string) => promisify(gzip)(text, { level: 1 }),
  br: (text: string) => promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};

/** In a thread of libuv's, at the fastest level: an answer waits for it. */
export async function compress(
  text: string,
  coding: keyof typeof COMPRESS,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await COMPRESS[coding](text));
}
