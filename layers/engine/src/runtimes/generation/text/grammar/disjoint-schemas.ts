/** Whether no value can be of two schemas, so that `oneOf` is the same as `anyOf`. */
import { isSchema, listTypes, type Schema } from './merge-schemas.ts';

type Resolve = (schema: unknown) => unknown;

export function areDisjoint(left: Schema, right: Schema, resolve: Resolve): boolean {
  const [values, others] = [valuesOf(left), valuesOf(right)];
  if (values && others) return !values.some((value) => others.includes(value));
  const [types, otherTypes] = [typesOf(left), typesOf(right)];
  if (types && otherTypes && !types.some((type) => otherTypes.some((other) => overlap(type, other))))
    return true;
  const [properties, otherProperties] = [propertiesOf(left), propertiesOf(right)];
  if (!isOnly(types, 'object') || !isOnly(otherTypes, 'object')) return false;
  return requiredOf(left)
    .filter((name) => requiredOf(right).includes(name))
    .some((name) => {
      const [one, other] = [resolve(properties[name]), resolve(otherProperties[name])];
      return isSchema(one) && isSchema(other) && areDisjoint(one, other, resolve);
    });
}

const valuesOf = (schema: Schema): readonly string[] | undefined => {
  if (Object.hasOwn(schema, 'const')) return [JSON.stringify(schema.const)];
  return Array.isArray(schema.enum) ? schema.enum.map((value) => JSON.stringify(value)) : undefined;
};

const typesOf = (schema: Schema): readonly unknown[] | undefined => {
  if (schema.type !== undefined) return listTypes(schema.type);
  return valuesOf(schema)?.map((value) => typeOf(JSON.parse(value)));
};

export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

const isOnly = (types: readonly unknown[] | undefined, type: string): boolean =>
  types !== undefined && types.length === 1 && types[0] === type;

const overlap = (type: unknown, other: unknown): boolean =>
  type === other || [type, other].every((one) => one === 'number' || one === 'integer');

const propertiesOf = ({ properties }: Schema): Schema => (isSchema(properties) ? properties : {});
const requiredOf = ({ required }: Schema): readonly string[] =>
  Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [];
