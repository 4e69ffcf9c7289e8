/** Says what is wrong with settings, by the path of the field and with the nearest field that exists. */
import { closest, explainIssue } from '@pilotlight/model-format/errors';
import type { IConstruct } from 'constructs';
import * as z from 'zod';
import { InfraError } from './errors.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * Checks the settings of a construct and fills in every default.
 *
 * @throws InfraError INVALID_PROPS with one line that names the construct and every field at fault
 */
export function checkSettings<Schema extends z.ZodType>(
  scope: IConstruct,
  id: string,
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = listProblems(schema, parsed.error, value, 'its properties').join('; ');
  const path = [scope.node.path, id].filter((part) => part !== '').join('/');
  throw new InfraError('INVALID_PROPS', `${path}: ${problems}.`);
}

/**
 * Lists a sentence for each problem. Unknown keys come first, because a slip in one often explains the rest. `value` is
 * what was parsed, and `whole` its name.
 */
export function listProblems(schema: z.ZodType, error: z.ZodError, value: unknown, whole: string): string[] {
  const unknown = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownKey(schema, issue.path, key, value))
      : [],
  );
  const others = error.issues.filter(({ code }) => code !== 'unrecognized_keys');
  return [
    ...unknown,
    ...others.map((issue) => `${formatPath(issue.path) || whole} ${predicate(issue, value)}`),
  ];
}

function unknownKey(schema: z.ZodType, path: readonly PropertyKey[], key: string, value: unknown): string {
  const nearest = closest(key, knownKeys(schema, path, value));
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  const at = Object(valueAt(path, value));
  const chosen = DISCRIMINATORS.find((name) => typeof at[name] === 'string');
  const where = chosen === undefined ? '' : ` where ${chosen} is ${at[chosen]}`;
  return `${formatPath([...path, key])} is not known${where}${hint}`;
}

function valueAt(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduce<unknown>((at, part) => Object(at)[part], value);
}

function formatPath(path: readonly PropertyKey[]): string {
  const joined = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return joined.replace(/^\./, '');
}

/** Says what the field must be, in our own words if the schema has some. */
function predicate(issue: z.core.$ZodIssue, value: unknown): string {
  const missing = valueAt(issue.path, value) === undefined;
  return missing && issue.code === 'invalid_type' && !/^(must|needs)\b/.test(issue.message)
    ? 'is missing'
    : explainIssue(issue) + nearestOption(issue, valueAt(issue.path, value));
}

/** Suggests an allowed word if the value is close to it. */
function nearestOption(issue: z.core.$ZodIssue, value: unknown): string {
  if (typeof value !== 'string') return '';
  const options = issue.code === 'invalid_value' ? issue.values : listOptions(issue);
  const nearest = closest(value, options.map(String));
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

function listOptions(issue: z.core.$ZodIssue): readonly unknown[] {
  return issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)
    ? issue.options
    : [];
}

/** Lists the keys that the object at `path` may have. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let schemas: JsonSchema[] = [z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })];
  let here = value;
  for (const part of path) {
    here = Object(here)[part];
    schemas = schemas.flatMap((one) => branches(child(one, part), here));
  }
  return schemas.flatMap(({ properties = {}, propertyNames }) => [
    ...Object.keys(properties),
    ...((typeof propertyNames === 'object' && propertyNames.enum) || []).map(String),
  ]);
}

function child(schema: JsonSchema, part: PropertyKey): JsonSchema | undefined {
  const found =
    typeof part === 'number'
      ? schema.items
      : (schema.properties?.[String(part)] ?? schema.additionalProperties);
  return typeof found === 'object' && !Array.isArray(found) ? found : undefined;
}

/** Fields that say of which kind an object is. */
const DISCRIMINATORS = ['kind', 'compute'] as const;

/** Chooses the members of a union that are of the kind of the value. */
function branches(schema: JsonSchema | undefined, value: unknown): JsonSchema[] {
  if (!schema) return [];
  const union = schema.oneOf ?? schema.anyOf;
  if (!union) return [schema];
  return union.filter(({ properties }) =>
    DISCRIMINATORS.every((name) => {
      const field = properties?.[name];
      return typeof field !== 'object' || field.const === (Object(value)[name] ?? field.default);
    }),
  );
}
