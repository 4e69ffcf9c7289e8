/** Values that a schema of the document allows, and values near them that it does not. */
import fc from 'fast-check';
import type { JsonSchema } from './document.ts';
import { resolve, type Schemas } from './validate.ts';

const anything = fc.jsonValue({ maxDepth: 3 });

/** Everything that the schema allows, as far as it says it: lists and texts are kept short. */
export function valuesOf(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return valuesOf(resolve(schema, schemas), schemas);
  if (Array.isArray(schema.anyOf)) {
    return fc.oneof(
      ...schema.anyOf.map((option: JsonSchema) =>
        valuesOf({ ...schema, anyOf: undefined, ...option }, schemas),
      ),
    );
  }
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  const types = [schema.type ?? []].flat().map(String);
  return types.length === 0 ? anything : fc.oneof(...types.map((type) => ofType(type, schema, schemas)));
}

function ofType(type: string, schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const count = (keyword: string, otherwise: number) => Number(schema[keyword] ?? otherwise);
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'string':
      return typeof schema.pattern === 'string'
        ? fc.stringMatching(new RegExp(schema.pattern, 'u'))
        : fc.string({ minLength: count('minLength', 0), maxLength: 30, unit: 'grapheme' });
    case 'integer': {
      const least = Math.max(count('minimum', -1e6), count('exclusiveMinimum', -1e6) + 1);
      return fc.integer({ min: least, max: Math.min(count('maximum', 1e6), 1e6) });
    }
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'array': {
      const items = valuesOf((schema.items ?? {}) as JsonSchema, schemas);
      const minLength = count('minItems', 0);
      return fc.array(items, {
        minLength,
        maxLength: Math.max(minLength, Math.min(count('maxItems', 4), 4)),
      });
    }
    default:
      return objects(schema, schemas);
  }
}

function objects(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Schemas);
  const required = new Set((schema.required ?? []) as string[]);
  const own = fc.record(Object.fromEntries(properties.map(([name, of]) => [name, valuesOf(of, schemas)])), {
    requiredKeys: [...required],
  });
  const { additionalProperties } = schema;
  if (properties.length > 0 || additionalProperties === false) return own;
  const more =
    typeof additionalProperties === 'object'
      ? valuesOf(additionalProperties as JsonSchema, schemas)
      : anything;
  return fc.dictionary(fc.string({ maxLength: 12 }), more, { maxKeys: 3 });
}

/** A value with one of its parts changed into anything, taken away, or doubled by one of another name. */
export function damaged(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(values, fc.nat(), fc.nat({ max: 3 }), anything).map(([value, at, kind, other]) => {
    if (typeof value !== 'object' || value === null) return other;
    const names = Object.keys(value);
    const name = names[at % Math.max(1, names.length)] ?? 'other';
    if (kind === 0) return other;
    const copy: Record<string, unknown> = { ...value };
    if (kind === 1) delete copy[name];
    else if (kind === 2) copy[name] = other;
    else copy[`${name}_`] = other;
    return copy;
  });
}
