/** From records to rows: the input for the model, or the reason why there is none. */
import { isUtf8 } from 'node:buffer';
import type { RowError } from '../errors.ts';
import type { RawRecord } from './records.ts';
import { type Fields, type RowId, readInput, rowId } from './row-fields.ts';
import { decode, isBlank, rowError } from './text.ts';

/** One row of a file; rows are counted from 0, without empty lines and the header of a CSV file. */
export type Row = RowPlace & (Question | { readonly error: RowError });

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

/** The content of a record: its fields, or the reason why they cannot be read. */
export type Parsed = { readonly fields: Fields } | { readonly error: RowError };
/** Reads the texts of records, in order. */
export type ParseTexts = (texts: readonly string[]) => readonly Parsed[];

const PROBLEMS: Record<NonNullable<RawRecord['problem']>, (maxBytes: number) => RowError> = {
  'too-long': (maxBytes) => rowError('ROW_TOO_LONG', `The row is longer than ${maxBytes} bytes.`),
  'unclosed-quote': () => rowError('INVALID_CSV', 'A quote opens in this line, and none closes it.'),
};

/** Turns the records of one file into rows; `first` is the number of the first of them. */
export class RowReader {
  readonly #parse: ParseTexts;
  readonly #maxBytes: number;
  #next: number;

  constructor(parse: ParseTexts, maxBytes: number, first = 0) {
    this.#parse = parse;
    this.#maxBytes = maxBytes;
    this.#next = first;
  }

  read(records: readonly RawRecord[]): Row[] {
    const kept = records
      .map((record) => ({ record, text: decodeRecord(record) }))
      .filter(({ record, text }) => record.problem !== undefined || text === undefined || !isBlank(text));
    const parsed = this.#parse(kept.flatMap(({ text, record }) => (record.problem ? [] : (text ?? []))))[
      Symbol.iterator
    ]();
    return kept.map(({ record, text }) => this.#row(record, this.#parsed(record, text, parsed)));
  }

  #parsed(record: RawRecord, text: string | undefined, parsed: Iterator<Parsed>): Parsed {
    if (record.problem) return { error: PROBLEMS[record.problem](this.#maxBytes) };
    if (text === undefined) return { error: rowError('INVALID_UTF8', 'The row is not valid UTF-8.') };
    return parsed.next().value;
  }

  #row({ end, bytes }: RawRecord, parsed: Parsed): Row {
    const place = { row: this.#next, end, bytes: bytes.length };
    this.#next += 1;
    if ('error' in parsed) return { ...place, error: parsed.error };
    const id = rowId(parsed.fields.id);
    if (id !== undefined && typeof id === 'object') return { ...place, error: id };
    const known = id === undefined ? place : { ...place, id };
    const input = readInput(parsed.fields);
    return input === undefined
      ? { ...known, error: rowError('INVALID_ROW', 'The row has neither "text" nor "inputs".') }
      : { ...known, input };
  }
}

/** The text of a record, or nothing where it is not UTF-8. */
function decodeRecord({ bytes }: RawRecord): string | undefined {
  return isUtf8(bytes) ? decode(bytes) : undefined;
}
