/** Bodies that arrive compressed. Loaded with the first of them. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HttpError } from '../errors.ts';
import type { ContentCoding } from './media-type.ts';

/** The piece that is decompressed at once; a bomb is given up after one such piece too many. */
const PIECE = { chunkSize: 65_536 };

const DECODERS: Record<ContentCoding, () => Transform> = {
  gzip: () => createGunzip(PIECE),
  deflate: () => createInflate(PIECE),
  br: () => createBrotliDecompress(PIECE),
};

/**
 * The decompressed pieces of a body, each made when it is asked for. A caller that stops asking ends the stream behind it.
 *
 * @throws HttpError INVALID_REQUEST where the body is cut short or not what it says to be, and what `body` throws.
 */
export async function* decompress(
  body: AsyncIterable<Uint8Array>,
  coding: ContentCoding,
): AsyncGenerator<Uint8Array> {
  const decoder = DECODERS[coding]();
  const source = Readable.from(body, { objectMode: false });
  // A failure of either reaches the loop below by way of the decoder.
  pipeline(source, decoder, () => {});
  try {
    for await (const piece of decoder) yield piece;
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    throw new HttpError('INVALID_REQUEST', `The body is no complete ${coding} stream.`, { cause });
  } finally {
    decoder.destroy();
  }
}
