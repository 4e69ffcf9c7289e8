/**
 * Bodies of CSV (https://www.rfc-editor.org/rfc/rfc4180), as Hugging Face's containers on SageMaker read them: the first record names
 * the columns. Loaded with the first of them.
 */
import type { EngineError } from '@pilotlight/engine';
import { HttpError } from '../../http/errors.ts';
import type { Limits } from '../../http/limits.ts';
import { checkInputs, refuseEmpty, refuseField } from '../../http/request/parse.ts';
import type { ReadRequest } from '../hugging-face/request.ts';

/** Columns that hold an input by themselves; of any others, a record is one input with these fields. */
const WHOLE_INPUTS = ['inputs', 'text'];
const MAX_COLUMNS = 100;
const FIELDS = ['question', 'context', 'text', 'text_pair'];

/** A field, quoted or not, and what ends it; blank lines are no records. Each try reads on from where the last one ended, so that the time is linear. */
const FIELD = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|[\r\n]+|$)/y;

/**
 * The inputs of the records, in order. No more of them are read than the limits allow. Columns of other names are fields of the JSON of
 * AllenNLP's predictors, which the model alone can tell.
 *
 * @throws EngineError INVALID_INPUT; HttpError INVALID_REQUEST, EMPTY_INPUT, TOO_MANY_INPUTS
 */
export function readCsv(bytes: Uint8Array, limits: Limits): ReadRequest {
  const records = readRecords(decode(bytes), limits.maxInputs + 2);
  const [columns, ...rows] = records;
  if (!columns || rows.length === 0) throw refuseEmpty('body');
  const whole = columns.findIndex((name) => WHOLE_INPUTS.includes(name));
  const isPlain = whole >= 0 && !columns.includes('text_pair');
  const isPredictors = !isPlain && columns.every((name) => !FIELDS.includes(name) || name === 'question');
  const uneven = rows.findIndex((row) => row.length !== columns.length);
  if (uneven >= 0) {
    const reason = `has ${rows[uneven]?.length} fields, the header has ${columns.length}`;
    throw refuseField(`row ${uneven}`, reason);
  }
  checkInputs(rows, limits);
  const inputs = rows.map((row) =>
    isPlain ? row[whole] : Object.fromEntries(columns.map((name, i) => [name, row[i]])),
  );
  return { inputs, ...(isPredictors && { isPredictors, otherwise: refuseColumns() }) };
}

function refuseColumns(): EngineError {
  const reason = `must begin with the names of the columns: inputs, or some of ${FIELDS.join(', ')}`;
  return refuseField('body', reason);
}

function readRecords(text: string, most: number): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length && records.length < most) {
    const start = FIELD.lastIndex;
    const found = FIELD.exec(text);
    if (!found)
      throw new HttpError('INVALID_REQUEST', `The CSV has a quote out of order at character ${start}.`);
    const [, quoted, bare = '', end] = found;
    if (record.length === MAX_COLUMNS)
      throw refuseField('body', `has a record of more than ${MAX_COLUMNS} fields`);
    record.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === ',' && FIELD.lastIndex === text.length) record.push('');
    if (end === ',' && FIELD.lastIndex < text.length) continue;
    if (record.length > 1 || record[0] !== '' || quoted !== undefined) records.push(record);
    record = [];
  }
  return records;
}

/** Leaves a byte order mark out. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HttpError('INVALID_REQUEST', 'The CSV is not valid UTF-8.', { cause });
  }
}
