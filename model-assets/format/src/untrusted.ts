/** Reads what others have written: JSON, by schemas, and values by names that they chose. */
import type * as z from 'zod/mini';

/**
 * Parses JSON in which no object has a key `__proto__`: schemas would leave it out without a word.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => {
    if (key === '__proto__') throw new SyntaxError('An object has the key "__proto__".');
    return value;
  });
}

/** Read by zod at run time; its own `validate` sets it. */
const UNTIL_FAULT = { abortEarly: true, reportInput: false };

/**
 * Parses a value up to the first fault. Without this, a list has an issue for each element that is at fault, and a long one
 * costs seconds, or more of the stack than there is.
 */
export function parseUntilFault<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
): z.core.util.SafeParseResult<z.core.output<Schema>> {
  return schema.safeParse(value, UNTIL_FAULT);
}

/** Finds the value of a name that is a key of the record itself: `constructor` and others are of every object. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
