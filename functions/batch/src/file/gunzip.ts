import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { BatchError } from '../errors.ts';

/** Bytes that are decompressed at a time: with the highest ratio of gzip (1,032) that is 16 MB. */
const BLOCK = 16 * 1024;

/**
 * Decompresses, block by block of the same size however the bytes arrive, so that of a broken file the same is read
 * each time: everything before the block in which it breaks.
 *
 * @throws BatchError BROKEN_GZIP, after what could be read
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = createGunzip();
  let ready: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => ready.push(chunk));
  const failed = once(stream, 'error').then(([cause]) => Promise.reject(broken(cause)));
  failed.catch(() => undefined);
  const taken = () => {
    const chunks = ready;
    ready = [];
    return chunks;
  };
  try {
    for await (const block of splitIntoBlocks(chunks)) {
      await Promise.race([written(stream, block), failed]);
      yield* taken();
    }
    const ended = new Promise((resolve) => stream.once('end', resolve));
    stream.end();
    await Promise.race([ended, failed]);
    yield* taken();
  } finally {
    stream.destroy();
  }
}

function written(stream: ReturnType<typeof createGunzip>, block: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(block, (error) => (error ? reject(broken(error)) : resolve()));
  });
}

function broken(cause: unknown): BatchError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BatchError('BROKEN_GZIP', `The gzip stream is broken (${reason}). Compress the file again.`, {
    cause,
  });
}

async function* splitIntoBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    let from = 0;
    for (; held.length - from >= BLOCK; from += BLOCK) yield held.subarray(from, from + BLOCK);
    held = held.subarray(from);
  }
  if (held.length > 0) yield held;
}
