/** Schemas as plain objects: what they assert, and two of them as one. */
import { isDeepStrictEqual } from 'node:util';
import { refuseSchema } from './schema-refusal.ts';

export type Schema = Readonly<Record<string, unknown>>;

export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const words = (text: string): readonly string[] => text.split(/\s+/);

/** Keywords that are followed. Others say nothing of the text, unless they are among those that are refused. */
export const FOLLOWED = new Set(
  words(`$ref allOf anyOf oneOf type enum const properties required additionalProperties minProperties maxProperties items prefixItems
    additionalItems minItems maxItems minLength maxLength pattern format minimum maximum exclusiveMinimum exclusiveMaximum`),
);

/** Keywords of assertions that no automaton of bytes can follow, or that nobody has asked for yet. */
const REFUSED = new Set(
  words(`not if then else dependentRequired dependentSchemas dependencies contains minContains maxContains patternProperties
    propertyNames $dynamicRef $recursiveRef`),
);

/** @throws EngineError INVALID_PARAMETER with the keyword that cannot be followed */
export function refuseKeywords(schema: Schema, path: string): void {
  const refused = Object.keys(schema).find((key) => REFUSED.has(key));
  if (refused !== undefined) throw refuseSchema(path, `'${refused}' is not supported`);
  if (schema.uniqueItems === true) throw refuseSchema(path, "'uniqueItems' is not supported");
  if (schema.multipleOf !== undefined && !(schema.multipleOf === 1 && schema.type === 'integer'))
    throw refuseSchema(path, "'multipleOf' is not supported");
  const unevaluated = ['unevaluatedProperties', 'unevaluatedItems'].find((key) => isSchema(schema[key]));
  if (unevaluated !== undefined) throw refuseSchema(path, `a schema for '${unevaluated}' is not supported`);
}

/** What a schema asserts: without titles, descriptions and other annotations. */
export const assertionsOf = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => FOLLOWED.has(key)));

/** Both schemas as one. @throws EngineError INVALID_PARAMETER where they say something of the same keyword that cannot be joined */
export function mergeSchemas(left: Schema, right: Schema, path: string): Schema {
  refuseClosed(left, right, path);
  refuseClosed(right, left, path);
  const merged: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    merged[key] = Object.hasOwn(merged, key) ? mergeKeyword(key, merged[key], value, path) : value;
  }
  return merged;
}

/** `additionalProperties` and `items` are of what their own schema does not name. */
function refuseClosed(schema: Schema, other: Schema, path: string): void {
  const named = isSchema(schema.properties) ? schema.properties : {};
  const others = Object.keys(isSchema(other.properties) ? other.properties : {});
  const { additionalProperties = true } = schema;
  if (additionalProperties !== true && others.some((name) => !Object.hasOwn(named, name)))
    throw refuseSchema(
      path,
      "'additionalProperties' beside a schema that has further 'properties' is not supported",
    );
  const hasTuple = other.prefixItems !== undefined || Array.isArray(other.items);
  if (hasTuple && (schema.items ?? schema.prefixItems) !== undefined)
    throw refuseSchema(path, "two schemas that both hold say something of 'items'");
}

function mergeKeyword(key: string, left: unknown, right: unknown, path: string): unknown {
  if (isDeepStrictEqual(left, right) || !FOLLOWED.has(key)) return left;
  if (key === 'required' && Array.isArray(left) && Array.isArray(right))
    return [...new Set([...left, ...right])];
  if (key === 'properties' && isSchema(left) && isSchema(right)) {
    const common = Object.keys(left).find(
      (name) => Object.hasOwn(right, name) && !isDeepStrictEqual(left[name], right[name]),
    );
    if (common === undefined) return { ...left, ...right };
    return { ...left, ...right, [common]: { allOf: [left[common], right[common]] } };
  }
  if (typeof left === 'number' && typeof right === 'number') {
    return /^(min|exclusiveMin)/.test(key) ? Math.max(left, right) : Math.min(left, right);
  }
  if (key === 'type') return mergeTypes(left, right);
  if (key === 'additionalProperties')
    return left === false || right === true ? left : mergeAdditional(left, right, path);
  throw refuseSchema(path, `two schemas that both hold say something else of '${key}'`);
}

function mergeAdditional(left: unknown, right: unknown, path: string): unknown {
  if (left === true || right === false) return right;
  throw refuseSchema(path, "two schemas that both hold say something else of 'additionalProperties'");
}

export const listTypes = (type: unknown): readonly unknown[] => (Array.isArray(type) ? type : [type]);

function mergeTypes(left: unknown, right: unknown): unknown {
  const [types, others] = [listTypes(left), listTypes(right)];
  const has = (list: readonly unknown[], type: unknown) =>
    list.includes(type) || (type === 'integer' && list.includes('number'));
  return [
    ...types.filter((type) => has(others, type)),
    ...others.filter((type) => !types.includes(type) && has(types, type)),
  ];
}
