/** From bytes to records: the lines of a text file, or the records of a CSV file, whose quotes may hold newlines. */

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** One record without its line ending. */
export interface RawRecord {
  readonly bytes: Buffer;
  /** Offset in the file just after the record and its line ending. */
  readonly end: number;
  /** Why it cannot be read; `bytes` is then empty. */
  readonly problem?: 'too-long' | 'unclosed-quote';
}

/** Finds the newline that ends a record. Keeps its state from one call to the next on a growing buffer. */
export interface Boundary {
  /** Index of the newline, or -1 where `buffer` ends first; what is before `from` has been seen already. */
  find(buffer: Buffer, from: number): number;
  /** Whether what it has seen ends within quotes. */
  readonly inQuotes: boolean;
  /** A record begins. */
  reset(): void;
}

export class LineBoundary implements Boundary {
  readonly inQuotes = false;

  find(buffer: Buffer, from: number): number {
    return buffer.indexOf(NEWLINE, from);
  }

  reset(): void {}
}

/**
 * Splits a file into records, however its bytes arrive. A record longer than `maxBytes` is never held whole: its
 * first line is refused and reading goes on after that line, so that a quote which nobody closes costs one row, not
 * the rest of the file.
 */
export class RecordSplitter {
  readonly #boundary: Boundary;
  readonly #maxBytes: number;
  #held: Buffer = Buffer.alloc(0);
  /** How much of `#held` the boundary has seen. */
  #seen = 0;
  /** Offset of `#held` in the file. */
  #offset: number;
  /** Within a line of which the beginning was too long to be kept. */
  #skipping = false;

  constructor(boundary: Boundary, maxBytes: number, start = 0) {
    this.#boundary = boundary;
    this.#maxBytes = maxBytes;
    this.#offset = start;
  }

  push(chunk: Uint8Array): RawRecord[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    return [...this.#take()];
  }

  /** The record after the last newline, if there is one. */
  end(): RawRecord[] {
    const records: RawRecord[] = [];
    while (this.#held.length > 0 && !this.#skipping) {
      const newline = this.#boundary.inQuotes ? this.#held.indexOf(NEWLINE) : -1;
      if (newline < 0) records.push(this.#cut(this.#held.length));
      else records.push(this.#refuse(newline, 'unclosed-quote'), ...this.#take());
    }
    if (this.#skipping) records.push({ bytes: Buffer.alloc(0), end: this.#offset, problem: 'too-long' });
    return records;
  }

  *#take(): Generator<RawRecord> {
    for (;;) {
      if (this.#skipping) {
        const newline = this.#held.indexOf(NEWLINE);
        if (newline < 0) return this.#drop(this.#held.length);
        this.#skipping = false;
        yield this.#refuse(newline, 'too-long');
      }
      const end = this.#boundary.find(this.#held, this.#seen);
      this.#seen = this.#held.length;
      const length = end < 0 ? this.#held.length : end;
      if (length > this.#maxBytes) {
        const newline = this.#held.indexOf(NEWLINE);
        this.#skipping = newline < 0 || newline > this.#maxBytes;
        if (!this.#skipping) yield this.#refuse(newline, 'unclosed-quote');
      } else if (end < 0) return;
      else yield this.#cut(end);
    }
  }

  #cut(newline: number): RawRecord {
    const bytes = this.#held.subarray(0, newline);
    this.#drop(newline + 1);
    const isWindows = bytes.at(-1) === CARRIAGE_RETURN;
    return { bytes: isWindows ? bytes.subarray(0, -1) : bytes, end: this.#offset };
  }

  #refuse(newline: number, problem: 'too-long' | 'unclosed-quote'): RawRecord {
    this.#drop(newline + 1);
    return { bytes: Buffer.alloc(0), end: this.#offset, problem };
  }

  #drop(bytes: number): void {
    this.#offset += Math.min(bytes, this.#held.length);
    this.#held = this.#held.subarray(bytes);
    this.#seen = 0;
    this.#boundary.reset();
  }
}

/**
 * Records of a stream of bytes that begins at offset `start` of the file, in groups as they arrive. Where the stream
 * fails, the records that were complete come first.
 */
export async function* splitIntoRecords(
  chunks: AsyncIterable<Uint8Array>,
  splitter: RecordSplitter,
): AsyncGenerator<readonly RawRecord[]> {
  for await (const chunk of chunks) yield splitter.push(chunk);
  yield splitter.end();
}
