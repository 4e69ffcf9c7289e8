import type { Format } from './formats.ts';
import { type GunzipOptions, gunzip } from './gunzip.ts';

const MAGIC = Buffer.of(0x1f, 0x8b);

/**
 * The content of a file that its name, its Content-Encoding or both call gzip. Where both do, it is most often compressed
 * once, and twice only if what comes out begins as gzip does.
 *
 * @throws BatchError BROKEN_GZIP
 */
export function decompress(
  bytes: AsyncIterable<Uint8Array>,
  { gzip, encoded = false }: Format,
  options: GunzipOptions,
): AsyncGenerator<Uint8Array> {
  const content = gunzip(bytes, options);
  return gzip && encoded ? decompressAgain(content, options) : content;
}

async function* decompressAgain(
  content: AsyncGenerator<Uint8Array>,
  options: GunzipOptions,
): AsyncGenerator<Uint8Array> {
  let first = Buffer.alloc(0);
  while (first.length < MAGIC.length) {
    const next = await content.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  const whole = prepend(first, content);
  yield* first.subarray(0, MAGIC.length).equals(MAGIC) ? gunzip(whole, options) : whole;
}

async function* prepend(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
