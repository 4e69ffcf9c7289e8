/** Every field of a configuration, out of its schema. */
import * as z from 'zod';
import { configSchema } from '../../../infra/constructs/src/app/config/schema.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

export interface Field {
  /** Such as `functions.<name>.memoryMegabytes` or `api.auth.issuer (jwt)`. */
  readonly path: string;
  readonly required: boolean;
  readonly value: unknown;
  readonly description: string | undefined;
}

export const fieldsOf = (): Field[] => walk(z.toJSONSchema(configSchema, { io: 'input' }), '', '');

function walk(schema: JsonSchema, path: string, kind: string): Field[] {
  const join = (key: string) => (path === '' ? key : `${path}.${key}`);
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    if (typeof property !== 'object' || property.const !== undefined) return [];
    const required = schema.required?.includes(key) ?? false;
    const field = {
      path: join(key) + kind,
      required,
      value: property.default,
      description: property.description,
    };
    return [field, ...walk(property, join(key), kind)];
  });
  const unions = (schema.oneOf ?? schema.anyOf ?? []).flatMap((member) => {
    const named = member.properties?.kind ?? member.properties?.compute;
    const constant = typeof named === 'object' && named.default === undefined ? named.const : undefined;
    return walk(member, path, constant === undefined ? kind : ` (${String(constant)})`);
  });
  const { additionalProperties: values, items } = schema;
  const entries = typeof values === 'object' ? walk(values, join('<name>'), kind) : [];
  const elements = typeof items === 'object' && !Array.isArray(items) ? walk(items, `${path}[]`, kind) : [];
  return [...own, ...unions, ...entries, ...elements];
}

/** Formats a field as a row of docs/reference/configuration.md. */
export function rowOf({ path, required, value, description = '' }: Field): string {
  const [what = '', fallback] = description.split(/\. Default: /);
  const shown = value === undefined || typeof value === 'object' ? undefined : `\`${String(value)}\``;
  return `| \`${path}\` | ${what} | ${required ? 'required' : (shown ?? fallback ?? '')} |`;
}
