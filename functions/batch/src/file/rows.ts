/** From records to rows: the input for the model, or the reason why there is none. */
import { isUtf8 } from 'node:buffer';
import type { RowError } from '../errors.ts';
import type { Position } from './position.ts';
import type { RawRecord } from './records.ts';
import {
  describeMissing,
  type FieldNames,
  type Fields,
  type RowId,
  readField,
  readInput,
  rowId,
} from './row-fields.ts';
import { decode, isBlank, rowError } from './text.ts';

/** One row of a file; rows are counted from 0, without empty lines and the header of a CSV file. */
export type Row = RowPlace & (Question | { readonly error: RowError });

/** A place from which reading can go on, after many bytes that have no row. */
export interface Gap {
  readonly gap: Position;
}

interface Question {
  readonly input: unknown;
}

interface RowPlace {
  readonly row: number;
  readonly id?: RowId;
  /** Offset in the file just after it. */
  readonly end: number;
  /** Bytes of its record, without the line ending. */
  readonly bytes: number;
}

/** The content of a record: its input, its fields, or the reason why they cannot be read. */
export type Parsed = Question | { readonly fields: Fields } | { readonly error: RowError };
/** Reads the text of a record. */
export type ParseText = (text: string) => Parsed;

const PROBLEMS: Record<NonNullable<RawRecord['problem']>, (maxBytes: number) => RowError> = {
  'too-long': (maxBytes) => rowError('ROW_TOO_LONG', `The row is longer than ${maxBytes} bytes.`),
  'unclosed-quote': () => rowError('INVALID_CSV', 'A quote opens in this line, and none closes it.'),
};

export interface RowReaderOptions {
  readonly parse: ParseText;
  readonly names: FieldNames;
  readonly maxRowBytes: number;
  /** Number of the first row. @default 0 */
  readonly first?: number;
}

/** Turns the records of one file into rows. */
export class RowReader {
  readonly #options: RowReaderOptions;
  #next: number;

  constructor(options: RowReaderOptions) {
    this.#options = options;
    this.#next = options.first ?? 0;
  }

  read(records: readonly RawRecord[]): (Row | Gap)[] {
    return records.flatMap((record) => this.#read(record) ?? []);
  }

  /** Nothing for a blank line. */
  #read(record: RawRecord): Row | Gap | undefined {
    const { bytes, end, problem, gap } = record;
    if (gap) return { gap: { byte: end, row: this.#next, ...(gap === 'within' && { within: true }) } };
    if (problem) return this.#row(record, { error: PROBLEMS[problem](this.#options.maxRowBytes) });
    if (!isUtf8(bytes))
      return this.#row(record, { error: rowError('INVALID_UTF8', 'The row is not valid UTF-8.') });
    const text = decode(bytes);
    return isBlank(text) ? undefined : this.#row(record, this.#options.parse(text));
  }

  #row({ end, bytes }: RawRecord, parsed: Parsed): Row {
    const place = { row: this.#next, end, bytes: bytes.length };
    this.#next += 1;
    if (!('fields' in parsed)) return { ...place, ...parsed };
    const { names } = this.#options;
    const id = rowId(readField(parsed.fields, names.id));
    if (id !== undefined && typeof id === 'object') return { ...place, error: id };
    const known = id === undefined ? place : { ...place, id };
    const input = readInput(parsed.fields, names);
    return input === undefined
      ? { ...known, error: rowError('INVALID_ROW', `The row has no ${describeMissing(names.input)}.`) }
      : { ...known, input };
  }
}
