/** A file as rows, from any place between two of them. */
import { BatchError } from '../errors.ts';
import { CsvBoundary } from './csv-boundary.ts';
import type { Format } from './formats.ts';
import { gunzip } from './gunzip.ts';
import { type CsvOptions, csvParser } from './parse-csv.ts';
import { parseJson, parsePlain } from './parse-text.ts';
import type { Position } from './position.ts';
import { type Boundary, LineBoundary, RecordSplitter, splitIntoRecords } from './records.ts';
import { type ParseTexts, type Row, RowReader } from './rows.ts';
import { decode, isBlank } from './text.ts';

/** The bytes of a file from an offset on, as they lie in storage. */
export type ReadBytes = (from: number) => AsyncIterable<Uint8Array>;

export interface ReadOptions extends CsvOptions {
  /** Longest row, in bytes. */
  readonly maxRowBytes: number;
}

/**
 * The rows after `from`, in groups as they arrive. A compressed file is decompressed from its beginning, because gzip
 * allows no seeking.
 *
 * @throws BatchError BROKEN_GZIP and NOT_UTF8, after the rows that could be read; COLUMN_NOT_FOUND
 */
export async function* readRows(
  read: ReadBytes,
  format: Format,
  options: ReadOptions,
  from: Position,
): AsyncGenerator<readonly Row[]> {
  const content = format.gzip ? (start: number) => skip(gunzip(read(0)), start) : read;
  const { parse, start } = await opening(content, format, options);
  const begin = Math.max(start, from.byte);
  const splitter = new RecordSplitter(createBoundary(format, options), options.maxRowBytes, begin);
  const reader = new RowReader(parse, options.maxRowBytes, from.row);
  const chunks = begin === 0 ? refuseUtf16(content(0)) : content(begin);
  for await (const records of splitIntoRecords(chunks, splitter)) yield reader.read(records);
}

/** How rows are read, and the offset at which they begin. */
async function opening(
  content: ReadBytes,
  format: Format,
  options: ReadOptions,
): Promise<{ parse: ParseTexts; start: number }> {
  if (format.kind !== 'csv') return { parse: format.kind === 'jsonl' ? parseJson : parsePlain, start: 0 };
  const splitter = new RecordSplitter(createBoundary(format, options), options.maxRowBytes);
  for await (const records of splitIntoRecords(refuseUtf16(content(0)), splitter)) {
    const header = records.find(({ bytes, problem }) => problem !== undefined || !isBlank(decode(bytes)));
    if (header) return { parse: csvParser(decode(header.bytes), options), start: header.end };
  }
  return { parse: parsePlain, start: 0 };
}

function createBoundary({ kind }: Format, { delimiter }: ReadOptions): Boundary {
  return kind === 'csv' ? new CsvBoundary(delimiter) : new LineBoundary();
}

async function* skip(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

/** The byte order marks of UTF-16, in which every row would be refused for its own sake. */
async function* refuseUtf16(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of chunks) {
    const mark = first ? `${chunk[0]},${chunk[1]}` : '';
    if (mark === '255,254' || mark === '254,255') {
      throw new BatchError('NOT_UTF8', 'The file is UTF-16. Save it as UTF-8.');
    }
    first = false;
    yield chunk;
  }
}
