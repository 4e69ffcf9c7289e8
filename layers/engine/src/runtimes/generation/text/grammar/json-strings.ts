/** The strings of a schema: their lengths, their pattern, their format. */
import type { Expression } from './expression.ts';
import type { Expressions } from './expressions.ts';
import { FORMATS, OTHER_FORMATS } from './formats.ts';
import { matchingString, stringOf } from './json-text.ts';
import type { Schema } from './merge-schemas.ts';
import { parseRegex } from './regex.ts';
import { sizesIn } from './schema-bounds.ts';
import { refuseSchema } from './schema-refusal.ts';

export function compileString(expressions: Expressions, schema: Schema, path: string): Expression {
  const [min, max] = sizesIn(schema, 'Length', path);
  const { pattern, format } = schema;
  if (pattern !== undefined && typeof pattern !== 'string')
    throw refuseSchema(path, "'pattern' must be a text");
  if (typeof format === 'string' && OTHER_FORMATS.has(format))
    throw refuseSchema(path, `the format '${format}' is not supported`);
  const known = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const patterns = [
    ...(known === undefined ? [] : [`^(?:${known})$`]),
    ...(pattern === undefined ? [] : [pattern]),
  ];
  if (patterns.length === 0) return stringOf(expressions, min, max);
  return patterns
    .map((one) => matchingString(expressions, parseRegex(one), min, max))
    .reduce((left, right) => expressions.both(left, right));
}
