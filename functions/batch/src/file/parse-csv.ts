/** Rows of .csv files, whose first record names the columns. */
import { didYouMean } from '@pilotlight/model-format/errors';
import { BatchError } from '../errors.ts';
import { describeMissing, type FieldNames } from './row-fields.ts';
import type { Parsed, ParseText } from './rows.ts';
import { splitFields } from './split-fields.ts';
import { holdsMore, MOST_VALUES, rowError, STRAY_RETURN } from './text.ts';

const NOT_IN_ORDER = 'The quotes of the row are not in order, or a carriage return stands outside of them.';

export interface CsvOptions {
  /** One ASCII character. */
  readonly delimiter: string;
  /** The fields that are read. */
  readonly names: FieldNames;
  /** Whether a file without the column of the ids is refused. */
  readonly needsId: boolean;
}

/**
 * Reads records by the columns that `header` names: the text of the first record, empty where it could not be read. Each must
 * have as many fields: one field too many is most often a text whose comma nobody quoted, of which only the beginning would be
 * predicted. An empty field is none, as CSV has no null, unless it is all of the input.
 *
 * @throws BatchError COLUMN_NOT_FOUND, COLUMN_NOT_UNIQUE
 */
export function csvParser(header: string, options: CsvOptions): ParseText {
  const { delimiter } = options;
  const isRead = header !== '' && !holdsMore(header, delimiter);
  const names = isRead ? splitFields(header, delimiter) : undefined;
  if (!names) {
    const hint = header.includes('\r') ? ` ${STRAY_RETURN}` : '';
    throw new BatchError(
      'COLUMN_NOT_FOUND',
      `The first record, which names the columns, cannot be read.${hint}`,
    );
  }
  const columns = names.map((name) => name.trim());
  const places = findPlaces(columns, options);
  const toRow = (fields: readonly string[] | undefined): Parsed => {
    if (fields === undefined) return { error: rowError('INVALID_CSV', NOT_IN_ORDER) };
    if (fields.length === columns.length) {
      const read = places.map(({ name, place }) => [name, fields[place]] as const);
      const given = read.filter(([, value], i) => value !== '' || places[i]?.mayBeEmpty);
      return { fields: Object.fromEntries(given) };
    }
    return {
      error: rowError(
        'INVALID_CSV',
        `The row has ${fields.length} fields, the header has ${columns.length}.`,
      ),
    };
  };
  return (text) =>
    holdsMore(text, delimiter)
      ? { error: rowError('INVALID_CSV', `The row has more than ${MOST_VALUES} fields.`) }
      : toRow(splitFields(text, delimiter));
}

interface Place {
  readonly name: string;
  readonly place: number;
  readonly mayBeEmpty: boolean;
}

/** The place of each field that is read. */
function findPlaces(columns: readonly string[], { names, needsId }: CsvOptions): Place[] {
  const has = (name: string) => columns.includes(name.trim());
  const whole = names.whole === true ? columns.filter((name) => name !== names.id.trim()) : undefined;
  const input = names.input.find((group) => group.every(has)) ?? whole;
  if (!input) throw notFound(names.input, columns);
  if (needsId && !has(names.id)) throw notFound([[names.id]], columns);
  const toPlace = (mayBeEmpty: boolean) => (name: string) => {
    return { name, place: onlyPlace(columns, name), mayBeEmpty };
  };
  const id = [names.id].filter((name) => has(name) && !input.includes(name));
  return [...input.map(toPlace(input.length === 1)), ...id.map(toPlace(false))];
}

function onlyPlace(columns: readonly string[], name: string): number {
  const place = columns.indexOf(name.trim());
  if (place === columns.lastIndexOf(name.trim())) return place;
  throw new BatchError(
    'COLUMN_NOT_UNIQUE',
    `More than one column is called ${JSON.stringify(name)}. Give the others another name.`,
  );
}

function notFound(groups: FieldNames['input'], columns: readonly string[]): BatchError {
  const [name = ''] = groups.at(-1) ?? [];
  const hint = didYouMean(name, columns, (column) => JSON.stringify(column));
  return new BatchError(
    'COLUMN_NOT_FOUND',
    `There is no column ${describeMissing(groups)}${hint} Choose the column of the texts with "column" in the options, that of the ids with "id_column".`,
  );
}
