/** A file as rows, from any place between two of them. */

import { BatchError } from '../errors.ts';
import { CsvBoundary } from './csv-boundary.ts';
import { decompress } from './decompress.ts';
import { refuseByFirstBytes } from './first-bytes.ts';
import type { Format } from './formats.ts';
import { GAP_BYTES, MAX_ROW_BYTES } from './limits.ts';
import { csvParser } from './parse-csv.ts';
import { parseJson, parsePlain } from './parse-text.ts';
import type { Position } from './position.ts';
import { LineBoundary, RecordSplitter, splitIntoRecords } from './records.ts';
import { fieldNames } from './row-fields.ts';
import type { RowTask } from './row-task.ts';
import { type Gap, type ParseText, type Row, RowReader } from './rows.ts';
import { decode, isBlank } from './text.ts';

/** The bytes of a file from an offset on, as they lie in storage. */
export type ReadBytes = (from: number) => AsyncIterable<Uint8Array>;

export interface ReadOptions {
  /** Between the fields of a CSV record, one ASCII character. @default - a comma */
  readonly delimiter?: string | undefined;
  /** The column or field that is the input, by itself. @default - `inputs`, those of the task together, or `text` */
  readonly column?: string | undefined;
  /** The column or field of the ids. @default - `id`, where there is one */
  readonly idColumn?: string | undefined;
  /** Longest row. @default 1,000,000 */
  readonly maxRowBytes?: number | undefined;
}

export interface RowSource {
  readonly read: ReadBytes;
  readonly format: Format;
  readonly options: ReadOptions;
  /** Which fields belong together; undefined where a row is the JSON of AllenNLP's predictor. */
  readonly task: RowTask;
  readonly from: Position;
  /** Stops reading once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Is told of what is odd about the file as a whole, but costs no row. */
  readonly warn?: ((warning: string) => void) | undefined;
}

/**
 * The rows after `from`, in groups as they arrive. A compressed file is decompressed from its beginning, because gzip
 * allows no seeking.
 *
 * @throws BatchError BROKEN_GZIP and NOT_UTF8, after the rows that could be read; COLUMN_NOT_FOUND, COLUMN_NOT_UNIQUE,
 * INVALID_OPTIONS
 */
export async function* readRows(source: RowSource): AsyncGenerator<readonly (Row | Gap)[]> {
  const { options, task, from, signal } = source;
  const { maxRowBytes = MAX_ROW_BYTES } = options;
  const { parse, start } = await opening(source);
  const begin = Math.max(start, from.byte);
  const splitter = createSplitter(source, begin, from.within);
  const names = fieldNames(task, options);
  const reader = new RowReader({ parse, names, maxRowBytes, first: from.row });
  for await (const records of splitIntoRecords(readContent(source, begin, source.warn), splitter, signal))
    yield reader.read(records);
}

/** How rows are read, and the offset at which they begin. */
async function opening(source: RowSource): Promise<{ parse: ParseText; start: number }> {
  const { format, options, task, signal } = source;
  const { column, idColumn, delimiter = ',' } = options;
  if (format.kind === 'jsonl') return { parse: parseJson, start: 0 };
  if (format.kind === 'txt') {
    if (column === undefined && idColumn === undefined) return { parse: parsePlain, start: 0 };
    throw new BatchError('INVALID_OPTIONS', 'A .txt file has no columns: leave the names of columns out.');
  }
  for await (const records of splitIntoRecords(readContent(source, 0), createSplitter(source, 0), signal)) {
    const header = records.find(({ bytes, problem }) => problem !== undefined || !isBlank(decode(bytes)));
    if (!header) continue;
    const csv = { delimiter, names: fieldNames(task, options), needsId: idColumn !== undefined };
    return { parse: csvParser(decode(header.bytes), csv), start: header.end };
  }
  return { parse: parsePlain, start: 0 };
}

function createSplitter({ format, options }: RowSource, start: number, within?: boolean): RecordSplitter {
  const { delimiter = ',', maxRowBytes: maxBytes = MAX_ROW_BYTES } = options;
  const boundary = format.kind === 'csv' ? new CsvBoundary(delimiter) : new LineBoundary();
  return new RecordSplitter({ boundary, maxBytes, gapBytes: GAP_BYTES, start, within });
}

/** The content from an offset on, without compression. */
function readContent(
  { read, format, signal }: RowSource,
  start: number,
  warn?: (warning: string) => void,
): AsyncIterable<Uint8Array> {
  if (!format.gzip && !format.encoded) return start === 0 ? refuseByFirstBytes(read(0)) : read(start);
  return skip(refuseByFirstBytes(decompress(read(0), format, { warn, signal })), start);
}

async function* skip(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
