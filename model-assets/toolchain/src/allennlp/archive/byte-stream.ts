/** Bytes out of a gzip file, asked for piece by piece, so that an archive is never in memory as a whole. */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { findCode } from '@pilotlight/model-format/internal/package/system';
import { ToolchainError } from '../../errors.ts';

/** Weights shrink little, and texts to a fifth: what grows more than this beyond the first bytes is made to fill disks. */
const MAX_RATIO = 200;
const FREE_BYTES = 64 * 2 ** 20;

/** Unpacks a gzip file. @throws ToolchainError SOURCE_INVALID for one that is damaged or unpacks to far more than weights do */
export async function* gunzip(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  file.pipe(unpacked);
  let bytes = 0;
  try {
    for await (const chunk of unpacked) {
      bytes += (chunk as Buffer).length;
      if (bytes > FREE_BYTES + MAX_RATIO * file.bytesRead) {
        throw new ToolchainError(
          'SOURCE_INVALID',
          `The archive unpacks to more than ${MAX_RATIO} times its size, as no weights do: it is refused.`,
        );
      }
      yield chunk as Buffer;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    file.destroy();
    unpacked.destroy();
  }
}

function explain(error: unknown): unknown {
  const code = findCode(error) ?? '';
  if (code === 'Z_BUF_ERROR') {
    return new ToolchainError('SOURCE_INVALID', 'The archive is truncated. Copy or download it again.', {
      cause: error,
    });
  }
  if (!code.startsWith('Z_')) return error;
  return new ToolchainError('SOURCE_INVALID', 'The archive is damaged: it does not unpack as gzip.', {
    cause: error,
  });
}

/** Pieces of any size as pieces of the size that is asked for. */
export class ByteStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next `length` bytes; fewer where the stream ends. */
  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(length)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The next `length` bytes in the pieces that they come in. */
  async *pieces(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (this.#held.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done === true) return;
        this.#held = value;
      }
      const piece = this.#held.subarray(0, left);
      this.#held = this.#held.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
