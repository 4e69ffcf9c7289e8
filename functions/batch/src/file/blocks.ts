/** Bytes in blocks of one size, however they arrive, so that what reads them does the same in each run. */
export async function* splitIntoBlocks(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk]);
    let from = 0;
    for (; held.length - from >= size; from += size) yield held.subarray(from, from + size);
    held = held.subarray(from);
  }
  if (held.length > 0) yield held;
}

/** Takes bytes from a stream of blocks: some of them by number, or a block as far as it is not taken yet. */
export class BlockReader {
  readonly #blocks: AsyncIterator<Buffer>;
  readonly #signal: AbortSignal | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(blocks: AsyncIterable<Buffer>, signal?: AbortSignal) {
    this.#blocks = blocks[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /** Gives the rest of a block, at least one byte; nothing at the end. */
  async take(): Promise<Buffer | undefined> {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length > 0) return rest;
    this.#signal?.throwIfAborted();
    const next = await this.#blocks.next();
    return next.done ? undefined : next.value;
  }

  /** Exactly so many bytes, fewer only at the end. */
  async bytes(count: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const block = await this.take();
      if (!block) break;
      taken.push(block.subarray(0, left));
      this.putBack(block.subarray(left));
      left -= Math.min(left, block.length);
    }
    return Buffer.concat(taken);
  }

  /** The end of what was taken last is still to come. */
  putBack(rest: Buffer): void {
    this.#rest = this.#rest.length === 0 ? rest : Buffer.concat([rest, this.#rest]);
  }

  async close(): Promise<void> {
    await this.#blocks.return?.();
  }
}
