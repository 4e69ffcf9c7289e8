/** The references of a schema: what is at them, and schemas with what their references lead to in place of them. */
import { isSchema, mergeSchemas, refuseKeywords, type Schema } from './merge-schemas.ts';
import { refuseSchema } from './schema-refusal.ts';

/** References that lead to one another. */
const LONGEST_CHAIN = 100;

export class SchemaReferences {
  readonly #root: unknown;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** @throws EngineError INVALID_PARAMETER for a reference out of the schema, or to nothing */
  resolve(reference: unknown, path: string): unknown {
    if (typeof reference !== 'string' || !/^#(\/|$)/.test(reference))
      throw refuseSchema(
        path,
        `the reference ${JSON.stringify(reference)} must lead into the schema itself, as '#/$defs/name' does`,
      );
    let found: unknown = this.#root;
    for (const part of reference.split('/').slice(1)) {
      const name = decode(part).replaceAll('~1', '/').replaceAll('~0', '~');
      const isThere = (isSchema(found) || Array.isArray(found)) && Object.hasOwn(found, name);
      if (!isThere) throw refuseSchema(path, `nothing is at ${reference}`);
      found = (found as Schema)[name];
    }
    return found;
  }

  /** A schema without a reference at its top. */
  follow(schema: unknown, path: string): unknown {
    let current = schema;
    for (let step = 0; step < LONGEST_CHAIN; step++) {
      if (!isSchema(current) || current.$ref === undefined) return current;
      const { $ref, ...rest } = current;
      const target = this.resolve($ref, path);
      current = Object.keys(rest).length === 0 ? target : join(rest, target, path);
    }
    throw refuseSchema(path, 'a reference leads to itself');
  }

  /** Both schemas as one, without a reference at its top. */
  merge(left: unknown, right: unknown, path: string): unknown {
    return join(this.follow(left, path), this.follow(right, path), path);
  }
}

function join(left: unknown, right: unknown, path: string): unknown {
  if (left === false || right === false) return false;
  if (!isSchema(left)) return right;
  if (!isSchema(right)) return left;
  refuseKeywords(left, path);
  refuseKeywords(right, path);
  return mergeSchemas(left, right, path);
}

/** A part of a reference; one that is not encoded as it should be is itself. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
