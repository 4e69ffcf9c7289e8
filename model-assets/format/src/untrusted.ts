/** Reads what others have written: JSON, by schemas, and values by names that they chose. */
import * as z from 'zod/mini';
import { locateFault } from './wording/issue-reason.ts';

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
 * costs seconds, or more of the stack than there is. `listOf` makes the lists that keep to it.
 */
export function parseUntilFault<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
): z.core.util.SafeParseResult<z.core.output<Schema>> {
  try {
    return schema.safeParse(value, UNTIL_FAULT);
  } catch (error) {
    // A record has an issue for each value that is at fault all the same.
    if (!(error instanceof RangeError)) throw error;
    return z.custom<z.core.output<Schema>>(() => false, 'has too many faults').safeParse(value, UNTIL_FAULT);
  }
}

/**
 * Parses JSON that others have written, up to the first fault.
 *
 * @param refuse - makes the error of a reason: `it is not JSON`, or the place in it and what must be there, `labels.2: must be a text`
 * @throws the error that `refuse` makes
 */
export function parseJsonBy<Value>(
  schema: z.ZodMiniType<Value>,
  text: string,
  refuse: (reason: string, cause?: unknown) => Error,
): Value {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch (cause) {
    throw refuse('it is not JSON', cause);
  }
  const parsed = parseUntilFault(schema, json);
  if (parsed.success) return parsed.data;
  const { path, reason } = locateFault(parsed.error.issues[0]);
  throw refuse(`${path.join('.') || 'the top level'}: ${reason}`);
}

/**
 * A list that ends at the first element that is at fault, whatever the fault is. A list of zod itself goes on where the type of an
 * element is right and a check of it fails.
 */
export function listOf<Element extends z.ZodMiniType>(element: Element): z.ZodMiniArray<Element> {
  const last = element.clone();
  const { run } = last._zod;
  last._zod.run = (payload, context) => {
    const result = run(payload, context);
    if (!(result instanceof Promise) && result.issues.length > 0) result.aborted = true;
    return result;
  };
  return z.array(last);
}

/** Finds the value of a name that is a key of the record itself: `constructor` and others are of every object. */
export function ownValue<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
