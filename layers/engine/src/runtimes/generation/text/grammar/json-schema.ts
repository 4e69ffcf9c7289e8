/**
 * The JSON texts of a schema (draft-07 to 2020-12) as an expression. Every text is valid; not every valid text is given: members come in the
 * order of `properties`, no member that is not named there comes beside them, numbers have no exponent, and at most one space separates parts.
 */
import { areDisjoint, typeOf } from './disjoint-schemas.ts';
import type { Expression } from './expression.ts';
import type { Expressions } from './expressions.ts';
import { integersWithin, numbersWithin } from './json-numbers.ts';
import { compileString } from './json-strings.ts';
import { space, stringOf } from './json-text.ts';
import { assertionsOf, isSchema, listTypes, refuseKeywords, type Schema } from './merge-schemas.ts';
import { numberIn, sizesIn } from './schema-bounds.ts';
import { SchemaReferences } from './schema-references.ts';
import { refuseSchema } from './schema-refusal.ts';

const ANY = 'any value';
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
type Type = (typeof TYPES)[number];
const isType = (value: unknown): value is Type => TYPES.some((type) => type === value);

/** Schemas inside one another, references counted. */
const DEEPEST = 200;
/** Schemas that are read; one that references lead to again inside combinations counts each time. */
const MOST_SCHEMAS = 10_000;
/** Schemas of which one must hold, or all: they are compared with one another. */
const MOST_COMBINED = 500;

/** @throws EngineError INVALID_PARAMETER for a schema that is none, or that cannot be followed; GrammarTooLarge */
export function compileSchema(expressions: Expressions, schema: unknown): Expression {
  return new SchemaCompiler(expressions, schema).compile();
}

class SchemaCompiler {
  readonly #expressions: Expressions;
  readonly #root: unknown;
  readonly #space: Expression;
  readonly #references: SchemaReferences;
  /** Schemas that references lead to, by these. */
  readonly #referenced = new Map<string, Expression>();
  #depth = 0;
  #count = 0;

  constructor(expressions: Expressions, root: unknown) {
    this.#expressions = expressions;
    this.#root = root;
    this.#references = new SchemaReferences(root);
    this.#space = space(expressions);
  }

  compile(): Expression {
    this.#expressions.define(ANY, this.#either(TYPES.map((type) => this.#ofType(type, {}, ''))));
    const value = this.#value(this.#root, '');
    if (this.#expressions.findLeftRecursion() !== undefined)
      throw refuseSchema('', 'a reference leads to itself');
    return this.#expressions.sequence([this.#space, value]);
  }

  #value(schema: unknown, path: string): Expression {
    if (schema === true) return this.#expressions.named(ANY);
    if (schema === false) return this.#expressions.nothing;
    if (!isSchema(schema)) throw refuseSchema(path, 'a schema is an object, or true or false');
    if (++this.#count > MOST_SCHEMAS) throw refuseSchema(path, `it has more than ${MOST_SCHEMAS} schemas`);
    if (++this.#depth > DEEPEST) throw refuseSchema(path, `it is more than ${DEEPEST} schemas deep`);
    try {
      return this.#object(schema, path);
    } finally {
      this.#depth -= 1;
    }
  }

  #object(given: Schema, path: string): Expression {
    refuseKeywords(given, path);
    const { $ref, allOf, anyOf, oneOf, ...own } = assertionsOf(given);
    const others =
      Object.keys(own).length + [allOf, anyOf, oneOf].filter((list) => list !== undefined).length;
    if ($ref !== undefined) {
      if (others === 0) return this.#reference($ref, path);
      const { $ref: _, ...rest } = given;
      return this.#value(this.#references.merge(rest, this.#references.resolve($ref, path), path), path);
    }
    if (allOf !== undefined) {
      const { allOf: _, ...rest } = given;
      const all = this.#list(allOf, `${path}/allOf`).reduce<unknown>(
        (merged, one) => this.#references.merge(merged, one, path),
        rest,
      );
      return this.#value(all, path);
    }
    const options = anyOf ?? oneOf;
    if (options === undefined) return this.#plain(own, path);
    const key = anyOf === undefined ? 'oneOf' : 'anyOf';
    const { [key]: _, ...rest } = given;
    const branches = this.#list(options, `${path}/${key}`).map((option) =>
      Object.keys(assertionsOf(rest)).length === 0 ? option : this.#references.merge(rest, option, path),
    );
    if (key === 'oneOf') this.#refuseOverlap(branches, path);
    return this.#either(branches.map((branch, index) => this.#value(branch, `${path}/${key}/${index}`)));
  }

  #list(value: unknown, path: string): readonly unknown[] {
    if (!Array.isArray(value) || value.length === 0) throw refuseSchema(path, 'it must be a list of schemas');
    if (value.length > MOST_COMBINED) throw refuseSchema(path, `it has more than ${MOST_COMBINED} schemas`);
    return value;
  }

  #refuseOverlap(branches: readonly unknown[], path: string): void {
    const schemas = branches.map((branch) => this.#references.follow(branch, path));
    const resolve = (schema: unknown) => this.#references.follow(schema, path);
    for (const [index, one] of schemas.entries()) {
      for (const other of schemas.slice(index + 1)) {
        if (isSchema(one) && isSchema(other) && areDisjoint(one, other, resolve)) continue;
        throw refuseSchema(
          path,
          "a value may be of two schemas of 'oneOf': write 'anyOf', or give them a required property with another 'const' each",
        );
      }
    }
  }

  #reference(reference: unknown, path: string): Expression {
    const target = this.#references.resolve(reference, path);
    const name = String(reference);
    const known = this.#referenced.get(name);
    if (known) return known;
    const named = this.#expressions.named(name);
    this.#referenced.set(name, named);
    this.#expressions.define(name, this.#value(target, name));
    return named;
  }

  /** A schema without references and combinations. */
  #plain(schema: Schema, path: string): Expression {
    const types = schema.type === undefined ? TYPES : listTypes(schema.type);
    if (Object.hasOwn(schema, 'const') || schema.enum !== undefined)
      return this.#oneOfValues(schema, types, path);
    return this.#either(
      types.map((type) => {
        if (!isType(type)) throw refuseSchema(path, `there is no type ${JSON.stringify(type)}`);
        return this.#ofType(type, schema, path);
      }),
    );
  }

  #oneOfValues(schema: Schema, types: readonly unknown[], path: string): Expression {
    const other = Object.keys(schema).find((key) => !['const', 'enum', 'type'].includes(key));
    if (other !== undefined) throw refuseSchema(path, `'${other}' beside 'const' or 'enum' is not supported`);
    const listed: readonly unknown[] = Array.isArray(schema.enum) ? schema.enum : [schema.const];
    const values = Object.hasOwn(schema, 'const')
      ? listed.filter((value) => JSON.stringify(value) === JSON.stringify(schema.const))
      : listed;
    const fits = (value: unknown) => {
      const type = typeOf(value);
      return types.includes(type) || (type === 'integer' && types.includes('number'));
    };
    return this.#either(values.filter(fits).map((value) => this.#expressions.text(JSON.stringify(value))));
  }

  #ofType(type: Type, schema: Schema, path: string): Expression {
    const expressions = this.#expressions;
    switch (type) {
      case 'null':
        return expressions.text('null');
      case 'boolean':
        return this.#either([expressions.text('true'), expressions.text('false')]);
      case 'integer':
      case 'number': {
        const bounds = {
          min: numberIn(schema, 'minimum', path),
          max: numberIn(schema, 'maximum', path),
          exclusiveMin: numberIn(schema, 'exclusiveMinimum', path),
          exclusiveMax: numberIn(schema, 'exclusiveMaximum', path),
        };
        return type === 'integer' ? integersWithin(expressions, bounds) : numbersWithin(expressions, bounds);
      }
      case 'string':
        return compileString(expressions, schema, path);
      case 'array':
        return this.#array(schema, path);
      case 'object':
        return this.#members(schema, path);
    }
  }

  #array(schema: Schema, path: string): Expression {
    const [min, max] = sizesIn(schema, 'Items', path);
    const { prefixItems, items, additionalItems } = schema;
    const tuple = prefixItems ?? (Array.isArray(items) ? items : undefined);
    const first = tuple === undefined ? [] : this.#list(tuple, `${path}/prefixItems`);
    const further = (Array.isArray(items) ? additionalItems : items) ?? true;
    const comma = this.#separator(',');
    const rest = this.#value(further, `${path}/items`);
    const following = this.#expressions.sequence([comma, rest]);
    const tail = (count: number): Expression => {
      const least = Math.max(0, min - count);
      if (count > 0) return this.#expressions.repeat(following, least, max - count);
      const filled = this.#expressions.sequence([
        rest,
        this.#expressions.repeat(following, least - 1, max - 1),
      ]);
      if (max <= 0) return this.#expressions.end;
      return min > 0 ? filled : this.#expressions.optional(filled);
    };
    const content = first.slice(0, max).reduceRight<Expression>(
      (behind, item, index) => {
        const value = this.#value(item, `${path}/prefixItems/${index}`);
        const filled = this.#expressions.sequence([...(index > 0 ? [comma] : []), value, behind]);
        return index < min ? filled : this.#expressions.optional(filled);
      },
      tail(Math.min(first.length, max)),
    );
    return this.#enclosed('[', content, ']');
  }

  #members(schema: Schema, path: string): Expression {
    const { properties = {}, required = [], additionalProperties = true } = schema;
    const [min, max] = sizesIn(schema, 'Properties', path);
    if (
      !isSchema(properties) ||
      !Array.isArray(required) ||
      !required.every((name) => typeof name === 'string')
    )
      throw refuseSchema(path, "'properties' must be an object, and 'required' a list of names");
    const needed = new Set(required);
    const names = [...new Set([...Object.keys(properties), ...required])];
    if (names.length > MOST_SCHEMAS) throw refuseSchema(path, `it has more than ${MOST_SCHEMAS} members`);
    if (names.length === 0) return this.#map(additionalProperties, min, max, path);
    if (required.length < min || names.length > max)
      throw refuseSchema(
        path,
        "'minProperties' and 'maxProperties' beside 'properties' that leave a choice are not supported",
      );
    const members = names.map((name) => ({
      isRequired: needed.has(name),
      member: this.#member(
        this.#expressions.text(JSON.stringify(name)),
        this.#value(
          Object.hasOwn(properties, name) ? properties[name] : additionalProperties,
          `${path}/properties/${name}`,
        ),
      ),
    }));
    const comma = this.#separator(',');
    let [alone, behind] = [this.#expressions.end, this.#expressions.end];
    for (const { isRequired, member } of members.toReversed()) {
      const [first, next] = [
        this.#expressions.sequence([member, behind]),
        this.#expressions.sequence([comma, member, behind]),
      ];
      [alone, behind] = isRequired
        ? [first, next]
        : [this.#either([first, alone]), this.#either([next, behind])];
    }
    return this.#enclosed('{', alone, '}');
  }

  /** An object of any names. Names may come twice, of which readers keep one; so no more than one can be demanded. */
  #map(values: unknown, min: number, max: number, path: string): Expression {
    if (min > 1) throw refuseSchema(path, "'minProperties' above 1 is not supported without 'properties'");
    const member = this.#member(
      stringOf(this.#expressions),
      this.#value(values, `${path}/additionalProperties`),
    );
    const following = this.#expressions.sequence([this.#separator(','), member]);
    const filled = this.#expressions.sequence([member, this.#expressions.repeat(following, 0, max - 1)]);
    const content = max <= 0 ? this.#expressions.end : min > 0 ? filled : this.#expressions.optional(filled);
    return this.#enclosed('{', content, '}');
  }

  #member(name: Expression, value: Expression): Expression {
    return this.#expressions.sequence([name, this.#separator(':'), value]);
  }

  #separator(mark: string): Expression {
    return this.#expressions.sequence([this.#expressions.text(mark), this.#space]);
  }

  #enclosed(open: string, content: Expression, close: string): Expression {
    return this.#expressions.sequence([
      this.#expressions.text(open),
      this.#space,
      content,
      this.#space,
      this.#expressions.text(close),
    ]);
  }

  #either(options: readonly Expression[]): Expression {
    return this.#expressions.either(options);
  }
}
