/** Rows of .csv files, whose first record names the columns. */
import { didYouMean } from '@pilotlight/model-format/errors';
import { CsvError, parse } from 'csv-parse/sync';
import { BatchError } from '../errors.ts';
import { FIELD_NAMES } from './row-fields.ts';
import type { Parsed, ParseTexts } from './rows.ts';
import { rowError } from './text.ts';

export interface CsvOptions {
  /** One ASCII character. */
  readonly delimiter: string;
  /** The column of the texts. */
  readonly column: string;
  /** The column of the ids. */
  readonly idColumn: string;
}

/**
 * Reads records by the columns that `header`, the text of the first record, names. Each must have as many fields: one
 * field too many is most often a text whose comma nobody quoted, of which only the beginning would be predicted.
 *
 * @throws BatchError COLUMN_NOT_FOUND
 */
export function csvParser(header: string, options: CsvOptions): ParseTexts {
  const { delimiter } = options;
  const columns = parseFields([header], delimiter)?.[0]?.map((name) => name.trim()) ?? [];
  const places = findPlaces(columns, options);
  const toRow = (fields: readonly string[] | undefined): Parsed => {
    if (fields === undefined)
      return { error: rowError('INVALID_CSV', 'The quotes of the row are not in order.') };
    if (fields.length === columns.length) {
      return { fields: Object.fromEntries(places.map(([name, place]) => [name, fields[place]])) };
    }
    return {
      error: rowError(
        'INVALID_CSV',
        `The row has ${fields.length} fields, the header has ${columns.length}.`,
      ),
    };
  };
  return (texts) => {
    const records = parseFields(texts, delimiter);
    if (records?.length === texts.length) return records.map(toRow);
    return texts.map((text) => toRow(parseFields([text], delimiter)?.[0]));
  };
}

/** The place of each field that is read. */
function findPlaces(
  columns: readonly string[],
  { column, idColumn }: CsvOptions,
): (readonly [string, number])[] {
  const named = (name: string, as = name) => {
    const place = columns.indexOf(name);
    return place < 0 ? [] : [[as, place] as const];
  };
  const fields = FIELD_NAMES.filter((name) => name !== 'text').flatMap((name) => named(name));
  const text = named(column, 'text');
  if (text.length + fields.length > 0) return [...text, ...fields, ...named(idColumn, 'id')];
  throw new BatchError(
    'COLUMN_NOT_FOUND',
    `There is no column ${JSON.stringify(column)}${didYouMean(column, columns, (name) => JSON.stringify(name))} Choose it with "column" in the options.`,
  );
}

function parseFields(records: readonly string[], delimiter: string): string[][] | undefined {
  try {
    return parse(records.join('\n'), { delimiter, relax_column_count: true, record_delimiter: '\n' });
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}
