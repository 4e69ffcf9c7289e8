/** The fields of a row that mean something, in JSON and in CSV alike: those that the caller names, else those of the task. */
import { TASK_FACTS } from '@pilotlight/model-format';
import type { RowError } from '../errors.ts';
import type { RowTask } from './row-task.ts';
import { rowError } from './text.ts';

export type Fields = Readonly<Record<string, unknown>>;
export type RowId = string | number;

const LONGEST_ID = 1024;

export interface FieldNames {
  /** Groups of fields, the first of which that a row has in full is its input. */
  readonly input: readonly (readonly string[])[];
  readonly id: string;
  /** Whether a row without any of these fields is the input itself, but for its id. @default false */
  readonly whole?: boolean;
}

/** Gives the column that the caller names alone; without a task the whole row; else `inputs`, the fields that belong together for the task, or `text`. */
export function fieldNames(
  task: RowTask,
  {
    column,
    idColumn = 'id',
  }: { readonly column?: string | undefined; readonly idColumn?: string | undefined },
): FieldNames {
  const joint = task && task !== 'generation' ? TASK_FACTS[task].jointFields : undefined;
  const usual = joint ? [['inputs'], joint, ['text']] : [['inputs'], ['text']];
  const whole = task === undefined && column === undefined;
  return { input: column === undefined ? usual : [[column]], id: idColumn, whole };
}

/**
 * The value of the one field, or an object of those that belong together; nothing where there is none of them. Null is
 * no value. Whether the model takes it is for its task to say.
 */
export function readInput(fields: Fields, { input: groups, id, whole = false }: FieldNames): unknown {
  const names = groups.find((group) => group.every((name) => readField(fields, name) !== undefined));
  if (names === undefined) return whole ? without(fields, id) : undefined;
  const [first = '', ...more] = names;
  return more.length === 0 ? fields[first] : Object.fromEntries(names.map((name) => [name, fields[name]]));
}

function without(fields: Fields, name: string): Fields {
  const { [name]: _, ...rest } = fields;
  return rest;
}

/** Names the fields that are not there: `"text", nor "question" with "context", nor "inputs"`. */
export function describeMissing(groups: FieldNames['input']): string {
  // A text without its pair would do.
  const needed = groups.filter((names) => names.length === 1 || !names.includes('text'));
  const words = needed.map((names) => names.map((name) => JSON.stringify(name)).join(' with '));
  return words.reverse().join(', nor ');
}

/** Nothing for null, and for what objects have from elsewhere. */
export function readField(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined;
}

/** The id, nothing where there is none, or what is wrong with it. */
export function rowId(id: unknown): RowId | RowError | undefined {
  if (id === undefined) return undefined;
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
