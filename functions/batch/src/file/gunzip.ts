/** gzip as the program of that name reads it (RFC 1952): any number of members, zeros after them, a warning for the rest. */
import { constants, crc32, createInflateRaw } from 'node:zlib';
import { BatchError } from '../errors.ts';
import { BlockReader, splitIntoBlocks } from './blocks.ts';

/** Bytes that are decompressed at a time: with the highest ratio of gzip (1,032) that is 16 MB. */
const BLOCK = 16 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

const MAGIC = Buffer.of(0x1f, 0x8b);
const DEFLATE = 8;
const FLAGS = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;

export interface GunzipOptions {
  /** Is told of bytes that are no gzip, after the last member. */
  readonly warn?: ((warning: string) => void) | undefined;
  /** Stops between two blocks once it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decompresses, block by block of the same size however the bytes arrive, so that of a broken file the same is read
 * each time: everything before the block in which it breaks.
 *
 * @throws BatchError BROKEN_GZIP, after what could be read
 */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  { warn, signal }: GunzipOptions = {},
): AsyncGenerator<Uint8Array> {
  const input = new BlockReader(splitIntoBlocks(chunks, BLOCK), signal);
  try {
    let start = await input.bytes(MAGIC.length);
    if (start.length === 0) throw broken('unexpected end of file');
    if (!start.equals(MAGIC)) throw broken('it does not begin as gzip does');
    for (; start.equals(MAGIC); start = await input.bytes(MAGIC.length)) {
      await readHeader(input);
      yield* inflateMember(input);
    }
    if (start.length === 1 && start[0] !== 0) throw broken('unexpected end of file');
    input.putBack(start);
    if (await holdsMoreThanZeros(input)) warn?.('Bytes after the end of the gzip data were ignored.');
  } finally {
    await input.close();
  }
}

/** What follows the magic number. */
async function readHeader(input: BlockReader): Promise<void> {
  let sum = crc32(MAGIC);
  const take = async (count: number): Promise<Buffer> => {
    const bytes = await exactly(input, count);
    sum = crc32(bytes, sum);
    return bytes;
  };
  const [method = 0, flags = 0] = await take(8);
  if (method !== DEFLATE) throw broken(`unknown compression method ${method}`);
  if ((flags & FLAGS.reserved) !== 0) throw broken('unknown header flags');
  if (flags & FLAGS.extra) await take((await take(2)).readUInt16LE());
  if (flags & FLAGS.name) sum = await passZero(input, sum);
  if (flags & FLAGS.comment) sum = await passZero(input, sum);
  if (!(flags & FLAGS.headerCrc)) return;
  if ((await exactly(input, 2)).readUInt16LE() !== (sum & 0xffff)) throw broken('incorrect header check');
}

async function* inflateMember(input: BlockReader): AsyncGenerator<Uint8Array> {
  const inflater = new Inflater();
  let [sum, length] = [0, 0];
  try {
    while (!inflater.isDone) {
      const block = await input.take();
      if (!block) throw broken('unexpected end of file');
      const { output, rest } = await inflater.inflate(block);
      input.putBack(rest);
      for (const piece of output) {
        sum = crc32(piece, sum);
        length += piece.length;
        yield piece;
      }
    }
  } finally {
    inflater.close();
  }
  const trailer = await exactly(input, 8);
  if (trailer.readUInt32LE(0) !== sum) throw broken('incorrect data check');
  if (trailer.readUInt32LE(4) !== length % 2 ** 32) throw broken('incorrect length check');
}

/** The deflate data of one member. Listens before it writes: data may end, or break, within the write itself. */
class Inflater {
  readonly #stream = createInflateRaw({ flush: constants.Z_SYNC_FLUSH });
  #output: Uint8Array[] = [];
  #given = 0;
  #settle: { resolve(): void; reject(cause: unknown): void } = { resolve() {}, reject() {} };
  isDone = false;

  constructor() {
    this.#stream.on('data', (piece: Uint8Array) => this.#output.push(piece));
    this.#stream.once('end', () => {
      this.isDone = true;
      this.#settle.resolve();
    });
    this.#stream.once('error', (cause) => this.#settle.reject(broken(cause.message, cause)));
  }

  /** What comes out of a block, and what of the block lies after the end of the data. */
  async inflate(block: Buffer): Promise<{ readonly output: readonly Uint8Array[]; readonly rest: Buffer }> {
    this.#given += block.length;
    await new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#stream.write(block, (error) => {
        if (!error) resolve();
      });
    });
    const output = this.#output;
    this.#output = [];
    const left = this.isDone ? this.#given - this.#stream.bytesWritten : 0;
    return { output, rest: block.subarray(block.length - left) };
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** Passes over a text that a zero ends, and adds it to the CRC of the header. */
async function passZero(input: BlockReader, before: number): Promise<number> {
  let sum = before;
  for (;;) {
    const block = await input.take();
    if (!block) throw broken('unexpected end of file');
    const end = block.indexOf(0) + 1;
    sum = crc32(end > 0 ? block.subarray(0, end) : block, sum);
    if (end === 0) continue;
    input.putBack(block.subarray(end));
    return sum;
  }
}

async function holdsMoreThanZeros(input: BlockReader): Promise<boolean> {
  for (;;) {
    const block = await input.take();
    if (!block) return false;
    if (!block.equals(ZEROS.subarray(0, block.length))) return true;
  }
}

async function exactly(input: BlockReader, count: number): Promise<Buffer> {
  const bytes = await input.bytes(count);
  if (bytes.length < count) throw broken('unexpected end of file');
  return bytes;
}

function broken(reason: string, cause?: unknown): BatchError {
  return new BatchError('BROKEN_GZIP', `The gzip stream is broken (${reason}). Compress the file again.`, {
    cause,
  });
}
