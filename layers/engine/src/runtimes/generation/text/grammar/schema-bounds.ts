/** The numbers of a schema. */
import type { Schema } from './merge-schemas.ts';
import { refuseSchema } from './schema-refusal.ts';

/** @throws EngineError INVALID_PARAMETER where it is no number */
export function numberIn(schema: Schema, key: string, path: string): number | undefined {
  const value = schema[key];
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw refuseSchema(path, `'${key}' must be a number`);
}

/** The least and the most of `minLength` and `maxLength`, and so on. */
export function sizesIn(
  schema: Schema,
  of: 'Length' | 'Items' | 'Properties',
  path: string,
): readonly [min: number, max: number] {
  const min = numberIn(schema, `min${of}`, path) ?? 0;
  return [min, numberIn(schema, `max${of}`, path) ?? Number.POSITIVE_INFINITY];
}
