/** Rows of .jsonl and .txt files. */
import type { Parsed, ParseText } from './rows.ts';
import { holdsMore, MOST_VALUES, rowError, STRAY_RETURN } from './text.ts';

/** Every line is a text. */
export const parsePlain: ParseText = (text) =>
  text.includes('\r') ? { error: rowError('INVALID_ROW', STRAY_RETURN) } : { input: text };

/** Every line is a JSON string, which is a text, or an object of fields. */
export function parseJson(line: string): Parsed {
  if (holdsMore(line, '[{,', '\\'))
    return { error: rowError('INVALID_JSON', `The line holds more than ${MOST_VALUES} values.`) };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError)
      return { error: rowError('INVALID_JSON', 'The line is not valid JSON.') };
    throw error;
  }
  if (typeof value === 'string') return { input: value };
  if (isObject(value)) return { fields: value };
  return { error: rowError('INVALID_ROW', 'The line is neither a string nor an object.') };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
