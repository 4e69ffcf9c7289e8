/** Says what is wrong with a configuration, by the path of the field and with the nearest field that exists. */
import { closest, reasonOf } from '@pilotlight/model-format/errors';
import * as z from 'zod';
import { configSchema } from './schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** One sentence for each problem, unknown keys first: a slip in one often explains the rest. `value` is what was parsed. */
export function problemsOf(error: z.ZodError, value: unknown): string[] {
  const unknown = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownKey(issue.path, key, value)) : [],
  );
  const others = error.issues.filter(({ code }) => code !== 'unrecognized_keys');
  return [...unknown, ...others.map((issue) => `${pathOf(issue.path)} ${predicate(issue, value)}`)];
}

function unknownKey(path: readonly PropertyKey[], key: string, value: unknown): string {
  const nearest = closest(key, knownKeys(path, value));
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return `${pathOf([...path, key])} is not known${hint}`;
}

function pathOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'its default export';
  const joined = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return joined.replace(/^\./, '');
}

/** What the field must be: our own wording where the schema has one. */
function predicate(issue: z.core.$ZodIssue, value: unknown): string {
  const missing = issue.path.reduce<unknown>((at, part) => Object(at)[part], value) === undefined;
  return missing && issue.code === 'invalid_type' && !/^(must|needs)\b/.test(issue.message)
    ? 'is missing'
    : reasonOf(issue);
}

/** Keys that the object at `path` may have. */
function knownKeys(path: readonly PropertyKey[], value: unknown): string[] {
  let schemas: JsonSchema[] = [z.toJSONSchema(configSchema, { io: 'input' })];
  let here = value;
  for (const part of path) {
    here = Object(here)[part];
    schemas = schemas.flatMap((schema) => branches(child(schema, part), here));
  }
  return schemas.flatMap(({ properties = {} }) => Object.keys(properties));
}

function child(schema: JsonSchema, part: PropertyKey): JsonSchema | undefined {
  const found =
    typeof part === 'number'
      ? schema.items
      : (schema.properties?.[String(part)] ?? schema.additionalProperties);
  return typeof found === 'object' && !Array.isArray(found) ? found : undefined;
}

/** Of a union, the members whose `kind` is that of the value. */
function branches(schema: JsonSchema | undefined, value: unknown): JsonSchema[] {
  if (!schema) return [];
  const union = schema.oneOf ?? schema.anyOf;
  if (!union) return [schema];
  return union.filter(({ properties }) => {
    const kind = properties?.kind;
    return typeof kind !== 'object' || kind.const === Object(value).kind;
  });
}
