/** Says where a value is not what a schema of the document says; the keywords that the document uses, and no others. */
import type { JsonSchema } from './document.ts';

const KNOWN = new Set([
  ...[
    '$ref',
    'type',
    'anyOf',
    'enum',
    'const',
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
  ],
  ...['items', 'minItems', 'maxItems', 'minLength', 'maxLength', 'pattern', 'minimum', 'maximum'],
  ...['exclusiveMinimum', 'description', 'example', 'default', 'format', '$comment'],
]);

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** The path of the first fault, or nothing. @throws Error for a keyword that it does not know */
export function findFault(
  value: unknown,
  schema: JsonSchema,
  schemas: Schemas,
  path = '$',
): string | undefined {
  const unknown = Object.keys(schema).find((keyword) => !KNOWN.has(keyword));
  if (unknown !== undefined) throw new Error(`${path}: the keyword ${unknown} is not known here`);
  if (schema.$ref !== undefined) return findFault(value, resolve(schema, schemas), schemas, path);
  if (Array.isArray(schema.anyOf)) {
    const fits = schema.anyOf.some(
      (option: JsonSchema) => findFault(value, option, schemas, path) === undefined,
    );
    if (!fits) return `${path}: none of anyOf`;
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return `${path}: enum`;
  if ('const' in schema && schema.const !== value) return `${path}: const`;
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOf(value, String(type)))) return `${path}: type ${types}`;
  if (typeof value === 'string') return inText(value, schema, path);
  if (typeof value === 'number') return inNumber(value, schema, path);
  if (Array.isArray(value)) return inList(value, schema, schemas, path);
  if (typeof value === 'object' && value !== null) return inObject(value, schema, schemas, path);
  return undefined;
}

export function resolve(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const name = String(schema.$ref).split('/').at(-1) ?? '';
  const found = schemas[name];
  if (!found) throw new Error(`There is no schema ${name}.`);
  return found;
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function inText(
  value: string,
  { minLength, maxLength, pattern }: JsonSchema,
  path: string,
): string | undefined {
  if (value.length < Number(minLength ?? 0)) return `${path}: minLength`;
  if (value.length > Number(maxLength ?? Number.POSITIVE_INFINITY)) return `${path}: maxLength`;
  return typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value)
    ? `${path}: pattern`
    : undefined;
}

function inNumber(value: number, schema: JsonSchema, path: string): string | undefined {
  if (value < Number(schema.minimum ?? Number.NEGATIVE_INFINITY)) return `${path}: minimum`;
  if (value > Number(schema.maximum ?? Number.POSITIVE_INFINITY)) return `${path}: maximum`;
  const below = value <= Number(schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY);
  return below ? `${path}: exclusiveMinimum` : undefined;
}

function inList(value: unknown[], schema: JsonSchema, schemas: Schemas, path: string): string | undefined {
  const { items, minItems, maxItems } = schema;
  if (value.length < Number(minItems ?? 0)) return `${path}: minItems`;
  if (value.length > Number(maxItems ?? Number.POSITIVE_INFINITY)) return `${path}: maxItems`;
  if (!items) return undefined;
  for (const [i, item] of value.entries()) {
    const fault = findFault(item, items as JsonSchema, schemas, `${path}[${i}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function inObject(value: object, schema: JsonSchema, schemas: Schemas, path: string): string | undefined {
  const {
    properties = {},
    required = [],
    additionalProperties,
  } = schema as {
    properties?: Schemas;
    required?: string[];
    additionalProperties?: boolean | JsonSchema;
  };
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${path}.${missing}: required`;
  for (const [name, own] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!known && additionalProperties === false) return `${path}.${name}: additionalProperties`;
    const of = known ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    const fault = of && findFault(own, of, schemas, `${path}.${name}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
