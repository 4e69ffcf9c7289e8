/** The rows of a labelled file: .jsonl, .csv or .tsv, as their fields with the lines that they stand in. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { splitFields } from '@pilotlight/batch/internal/file/split-fields';
import { parseJson } from '@pilotlight/model-format';
import { didYouMean } from '@pilotlight/model-format/errors';
import { sha256Of } from '@pilotlight/model-format/internal/package/integrity';
import { textLines } from '@pilotlight/toolchain/internal/sources/text-lines';
import { LifecycleError } from '../../errors.ts';

/** More do not fit into one text of V8. */
const MAX_BYTES = 500_000_000;

export interface Row {
  /** Of the file, counted from 1. */
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface DatasetFile {
  readonly path: string;
  /** The end of its path. */
  readonly name: string;
  /** Of its bytes. */
  readonly sha256: string;
  readonly rows: readonly Row[];
}

export interface ReadRowsOptions {
  /** The columns that stand for fields: `{ text: 'review' }`. @default - columns are called as the fields are */
  readonly columns?: Readonly<Record<string, string>>;
}

const FORMATS: Readonly<Record<string, (content: string, file: string) => Row[]>> = {
  jsonl: jsonRows,
  ndjson: jsonRows,
  csv: (content, file) => recordRows(content, file, ','),
  tsv: (content, file) => recordRows(content, file, '\t'),
};

/**
 * Reads the rows of a file. A field of .csv and .tsv is a text; an empty one is none.
 *
 * @throws LifecycleError DATASET_INVALID, with the line, for what cannot be read, and a file without rows
 */
export async function readRows(path: string, { columns = {} }: ReadRowsOptions = {}): Promise<DatasetFile> {
  const read = FORMATS[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''];
  if (read === undefined) {
    const endings = Object.keys(FORMATS).map((ending) => `.${ending}`);
    throw new LifecycleError('DATASET_INVALID', `The name of ${path} must end in ${endings.join(', ')}.`);
  }
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new LifecycleError('DATASET_INVALID', `The dataset ${path} cannot be read. Check the path.`, {
      cause,
    });
  });
  if (bytes.length > MAX_BYTES)
    throw new LifecycleError('DATASET_INVALID', `${path} has more than 500 MB. Take a part of its rows.`);
  const content = decode(bytes, path);
  const rows = read(content, path);
  if (rows.length === 0) throw new LifecycleError('DATASET_INVALID', `${path} has no rows.`);
  return { path, name: nameOf(path), sha256: sha256Of(bytes), rows: rename(rows, columns, path) };
}

/** The error of one row: where it stands, and why it cannot be used. */
export function refuseRow(file: string, line: number, reason: string, cause?: unknown): LifecycleError {
  return new LifecycleError('DATASET_INVALID', `Line ${line} of ${file} is refused: ${reason}.`, { cause });
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LifecycleError('DATASET_INVALID', `${path} is not in UTF-8. Convert it.`, { cause });
  }
}

/** `clinc150/test.jsonl`: the file, and the folder that tells it from others of that name. */
function nameOf(path: string): string {
  const folder = basename(path.slice(0, -basename(path).length).replace(/[\\/]+$/, ''));
  return folder === '' || folder === '.' || folder === '..' ? basename(path) : `${folder}/${basename(path)}`;
}

function jsonRows(content: string, file: string): Row[] {
  return textLines(content).map(({ line: text, number: line }) => {
    let json: unknown;
    try {
      json = parseJson(text);
    } catch (cause) {
      throw refuseRow(file, line, 'it is not JSON', cause);
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw refuseRow(file, line, 'it is no JSON object');
    return { line, fields: { ...json } };
  });
}

function recordRows(content: string, file: string, delimiter: string): Row[] {
  const [header, ...records] = [...csvRecords(content.replace(/^\ufeff/, ''))];
  if (header === undefined) return [];
  const fieldsOf = ({ text, line }: CsvRecord): string[] => {
    const fields = splitFields(text, delimiter);
    if (fields === undefined) throw refuseRow(file, line, 'its quotes are not in order');
    return fields;
  };
  const names = fieldsOf(header).map((name) => name.trim());
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    throw refuseRow(file, header.line, `two columns are called ${JSON.stringify(twice)}`);
  return records.map((record) => {
    const fields = fieldsOf(record);
    if (fields.length !== names.length) {
      const reason = `it has ${fields.length} fields, and the header has ${names.length}; put quotes around a text with a ${delimiter === ',' ? 'comma' : 'tab'}`;
      throw refuseRow(file, record.line, reason);
    }
    const given = names.flatMap((name, place) =>
      fields[place] === '' ? [] : [[name, fields[place]] as const],
    );
    return { line: record.line, fields: Object.fromEntries(given) };
  });
}

interface CsvRecord {
  readonly text: string;
  /** The line that it begins in. */
  readonly line: number;
}

/** Records of a text (RFC 4180): a newline within quotes ends none. Blank lines are left out. */
function* csvRecords(content: string): Generator<CsvRecord> {
  let line = 1;
  let start = 0;
  let startLine = 1;
  let isQuoted = false;
  for (let place = 0; place <= content.length; place++) {
    const character = content[place] ?? '\n';
    if (character === '"') isQuoted = !isQuoted;
    if (character !== '\n') continue;
    line += 1;
    if (isQuoted && place < content.length) continue;
    const text = content.slice(start, place).replace(/\r$/, '');
    if (text.trim() !== '') yield { text, line: startLine };
    start = place + 1;
    startLine = line;
  }
}

function rename(
  rows: readonly Row[],
  columns: Readonly<Record<string, string>>,
  path: string,
): readonly Row[] {
  const wanted = Object.entries(columns);
  if (wanted.length === 0) return rows;
  const known = new Set(rows.flatMap(({ fields }) => Object.keys(fields)));
  for (const [, column] of wanted) {
    if (known.has(column)) continue;
    const hint = didYouMean(column, [...known]);
    throw new LifecycleError('DATASET_INVALID', `${path} has no column '${column}'${hint}`);
  }
  return rows.map(({ line, fields }) => {
    const renamed = wanted.map(([field, column]) => [field, fields[column]] as const);
    return { line, fields: { ...fields, ...Object.fromEntries(renamed) } };
  });
}
