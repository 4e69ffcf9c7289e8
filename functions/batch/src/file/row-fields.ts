/** The fields of a row that mean something, in JSON and in CSV alike. */
import type { RowError } from '../errors.ts';
import { rowError } from './text.ts';

export type Fields = Readonly<Record<string, unknown>>;
export type RowId = string | number;

const LONGEST_ID = 1024;

/** Fields that are one input together: question answering, pairs of texts, similarity and ranking. */
const JOINT_FIELDS = [
  ['question', 'context'],
  ['text', 'text_pair'],
  ['source_sentence', 'sentences'],
  ['query', 'texts'],
] as const;

/** Names of every field that is read, for files whose columns are chosen by name. */
export const FIELD_NAMES = ['inputs', ...new Set(JOINT_FIELDS.flat())];

/**
 * `inputs` as it is; fields that belong together as an object; else `text`. Nothing where there is none of them.
 * Whether the model takes it is for its task to say.
 */
export function readInput(fields: Fields): unknown {
  if (fields.inputs !== undefined) return fields.inputs;
  const joint = JOINT_FIELDS.find((names) => names.every((name) => fields[name] !== undefined));
  return joint ? Object.fromEntries(joint.map((name) => [name, fields[name]])) : fields.text;
}

/** The id, nothing where there is none, or what is wrong with it. */
export function rowId(id: unknown): RowId | RowError | undefined {
  if (id === undefined || id === null) return undefined;
  if (typeof id === 'string') {
    return id.length <= LONGEST_ID
      ? id
      : rowError('INVALID_ROW', `The id is longer than ${LONGEST_ID} characters.`);
  }
  if (typeof id !== 'number') return rowError('INVALID_ROW', 'The id is neither a string nor a number.');
  const isExact = Number.isInteger(id) ? Number.isSafeInteger(id) : Number.isFinite(id);
  return isExact
    ? id
    : rowError('INVALID_ROW', 'The id has more digits than a number can hold: send it as a string.');
}
