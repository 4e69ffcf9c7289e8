/** From bytes to records: the lines of a text file, or the records of a CSV file, whose quotes may hold newlines. */
import { Pace } from './pace.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NOTHING = Buffer.alloc(0);
/** Bytes that are split at once, and records that are handed on at once: some milliseconds of work each. */
const SLICE_BYTES = 16 * 1024;
const GROUP_RECORDS = 256;

/** One record without its line ending. */
export interface RawRecord {
  readonly bytes: Buffer;
  /** Offset in the file just after the record and its line ending. */
  readonly end: number;
  /** Why it cannot be read; `bytes` is then empty. */
  readonly problem?: 'too-long' | 'unclosed-quote';
  /** No record but a place from which reading can go on, after many bytes without one: between two lines, or within one. */
  readonly gap?: 'between' | 'within';
}

/** Finds the newline that ends a record. Keeps its state from one call to the next on a growing buffer. */
export interface Boundary {
  /** Index of the newline, or -1 where `buffer` ends first; what is before `from` has been seen already. */
  find(buffer: Buffer, from: number): number;
  /** Whether what it has seen ends within quotes. */
  readonly inQuotes: boolean;
  /** A record begins. */
  reset(): void;
  /** Gives a function that brings back the present state. */
  remember(): () => void;
}

export class LineBoundary implements Boundary {
  readonly inQuotes = false;

  find(buffer: Buffer, from: number): number {
    return buffer.indexOf(NEWLINE, from);
  }

  reset(): void {}

  remember(): () => void {
    return () => {};
  }
}

export interface SplitterOptions {
  readonly boundary: Boundary;
  /** Longest record. */
  readonly maxBytes: number;
  /** Bytes without a record after which there is a gap. @default - never */
  readonly gapBytes?: number;
  /** Offset of the first byte in the file. @default 0 */
  readonly start?: number;
  /** Whether that byte is within a line of which the beginning was too long. @default false */
  readonly within?: boolean | undefined;
}

/**
 * Splits a file into records, however its bytes arrive. A record longer than `maxBytes` is never held whole: its
 * first line is refused and reading goes on after that line, so that a quote which nobody closes costs one row, not
 * the rest of the file. Lines of white space are no records.
 *
 * Each byte is looked at twice at most: see `#find`.
 */
export class RecordSplitter {
  readonly #boundary: Boundary;
  readonly #maxBytes: number;
  readonly #gapBytes: number;
  /** Offset of `#bytes` in the file. */
  #offset: number;
  /** The bytes that are held, from `#start` on; `#store` has room for more. */
  #store: Buffer = NOTHING;
  #bytes: Buffer = NOTHING;
  #start = 0;
  /** How much of `#bytes` the boundary has seen. */
  #seen = 0;
  /** Within a line of which the beginning was too long to be kept. */
  #skipping: boolean;
  /** Offset after the last record or gap. */
  #mark: number;
  /** From any newline within quotes before this offset on, no record ends before it; and how to go on from there. */
  #open: { readonly until: number; readonly goOn: () => void } | undefined;

  constructor({ boundary, maxBytes, gapBytes = Infinity, start = 0, within = false }: SplitterOptions) {
    this.#boundary = boundary;
    this.#maxBytes = maxBytes;
    this.#gapBytes = gapBytes;
    this.#offset = start;
    this.#mark = start;
    this.#skipping = within;
  }

  /** Take all that it gives before the next call. */
  *push(chunk: Uint8Array): Generator<RawRecord> {
    this.#append(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    yield* this.#take();
  }

  /** The record after the last newline, if there is one. */
  *end(): Generator<RawRecord> {
    while (this.#start < this.#bytes.length && !this.#skipping) {
      const newline = this.#boundary.inQuotes ? this.#bytes.indexOf(NEWLINE, this.#start) : -1;
      if (newline < 0) yield* this.#cut(this.#bytes.length);
      else {
        yield this.#refuse(newline, 'unclosed-quote');
        yield* this.#take();
      }
    }
    if (this.#skipping) yield this.#problem('too-long');
  }

  #append(chunk: Buffer): void {
    const held = this.#bytes.length - this.#start;
    if (held === 0) {
      this.#offset += this.#start;
      this.#store = chunk;
      this.#bytes = chunk;
      this.#start = 0;
      this.#seen = 0;
      return;
    }
    let end = this.#bytes.length;
    if (this.#store.length - end < chunk.length) {
      const store = Buffer.allocUnsafe(2 * (held + chunk.length));
      this.#bytes.copy(store, 0, this.#start);
      this.#offset += this.#start;
      this.#seen -= this.#start;
      this.#start = 0;
      this.#store = store;
      end = held;
    }
    chunk.copy(this.#store, end);
    this.#bytes = this.#store.subarray(0, end + chunk.length);
  }

  *#take(): Generator<RawRecord> {
    for (;;) {
      if (this.#skipping) yield* this.#skip();
      yield* this.#passBlankLines();
      if (this.#start === this.#bytes.length) return;
      const found = this.#find();
      const end = found < 0 ? this.#bytes.length : found;
      if (end - this.#start > this.#maxBytes) {
        const newline = this.#bytes.indexOf(NEWLINE, this.#start);
        this.#skipping = newline < 0 || newline - this.#start > this.#maxBytes;
        if (!this.#skipping) yield this.#refuse(newline, 'unclosed-quote');
      } else if (found < 0) return;
      else yield* this.#cut(found);
    }
  }

  /**
   * The newline that ends the record which begins at `#start`, or -1. Where a record was refused because of its quotes,
   * the lines within it are tried one by one. One that stands within quotes at its end too would go on as the refused
   * record did: it continues where that one was left, rather than to look at all of it again.
   */
  #find(): number {
    const open = this.#open;
    const known = open ? open.until - this.#offset : 0;
    if (open && this.#seen < known) {
      const newline = this.#bytes.subarray(0, known).indexOf(NEWLINE, this.#seen);
      if (newline >= 0) {
        const end = this.#boundary.find(this.#bytes.subarray(0, newline + 1), this.#seen);
        if (end >= 0) return end;
        open.goOn();
        this.#seen = known;
      }
    }
    const end = this.#boundary.find(this.#bytes, this.#seen);
    this.#seen = end < 0 ? this.#bytes.length : end;
    return end;
  }

  *#cut(newline: number): Generator<RawRecord> {
    const bytes = this.#bytes.subarray(this.#start, newline);
    const end = Math.min(newline + 1, this.#bytes.length);
    this.#moveTo(end);
    if (!isBlank(bytes)) {
      this.#mark = this.#offset + end;
      yield { bytes: withoutReturn(bytes), end: this.#mark };
    } else if (this.#isGapAt(end)) yield this.#gapAt(end);
  }

  #refuse(newline: number, problem: 'too-long' | 'unclosed-quote'): RawRecord {
    if (problem === 'unclosed-quote')
      this.#open = { until: this.#offset + this.#seen, goOn: this.#boundary.remember() };
    this.#moveTo(newline + 1);
    return this.#problem(problem);
  }

  #problem(problem: 'too-long' | 'unclosed-quote'): RawRecord {
    this.#mark = this.#offset + this.#start;
    return { bytes: NOTHING, end: this.#mark, problem };
  }

  /** Passes over the rest of a line. */
  *#skip(): Generator<RawRecord> {
    const newline = this.#bytes.indexOf(NEWLINE, this.#start);
    const end = newline < 0 ? this.#bytes.length : newline;
    while (this.#offset + end - this.#mark >= this.#gapBytes) {
      this.#mark += this.#gapBytes;
      yield { bytes: NOTHING, end: this.#mark, gap: 'within' };
    }
    this.#moveTo(end);
    if (newline < 0) return;
    this.#skipping = false;
    yield this.#refuse(newline, 'too-long');
  }

  *#passBlankLines(): Generator<RawRecord> {
    if (this.#seen > this.#start) return;
    const last = Math.min(this.#bytes.length, this.#start + this.#maxBytes);
    let start = this.#start;
    for (let i = start; i < last; i++) {
      const byte = this.#bytes[i];
      if (byte === NEWLINE) {
        start = i + 1;
        if (this.#isGapAt(start)) yield this.#gapAt(start);
      } else if (!isSpace(byte)) break;
    }
    if (start > this.#start) this.#moveTo(start);
  }

  #isGapAt(place: number): boolean {
    return this.#offset + place - this.#mark >= this.#gapBytes;
  }

  #gapAt(place: number): RawRecord {
    this.#mark = this.#offset + place;
    return { bytes: NOTHING, end: this.#mark, gap: 'between' };
  }

  #moveTo(start: number): void {
    this.#start = start;
    this.#seen = start;
    this.#boundary.reset();
  }
}

/** Space, tab, carriage return and the like. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= CARRIAGE_RETURN);
}

/** Files that were converted twice have two before each newline. */
function withoutReturn(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (bytes[end - 1] === CARRIAGE_RETURN) end -= 1;
  return bytes.subarray(0, end);
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every(isSpace);
}

/**
 * Records of a stream of bytes, in groups as they arrive; a group may be empty. Gives way between groups, and ends where
 * the signal says so. Where the stream fails, the records that were complete come first.
 */
export async function* splitIntoRecords(
  chunks: AsyncIterable<Uint8Array>,
  splitter: RecordSplitter,
  signal?: AbortSignal,
): AsyncGenerator<readonly RawRecord[]> {
  const pace = new Pace(signal);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
      for (const group of gather(splitter.push(chunk.subarray(from, from + SLICE_BYTES)))) {
        yield group;
        await pace.keep();
      }
      await pace.keep();
    }
  }
  for (const group of gather(splitter.end())) {
    yield group;
    await pace.keep();
  }
}

function* gather(records: Iterable<RawRecord>): Generator<readonly RawRecord[]> {
  let group: RawRecord[] = [];
  for (const record of records) {
    group.push(record);
    if (group.length < GROUP_RECORDS) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
