/** Requests that break the OpenAPI document in one place each, made from the document itself. */
import * as z from 'zod';

const operationSchema = z.object({
  requestBody: z
    .object({
      content: z.record(
        z.string(),
        z.object({ example: z.unknown().optional(), schema: z.unknown().optional() }),
      ),
    })
    .optional(),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

export interface Violation {
  readonly path: string;
  readonly body: string;
  readonly what: string;
}

/** A value of every kind, of the sizes at which something changes, and what is special to JavaScript. */
const VALUES: readonly string[] = [
  ...[
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-1',
    '1.5',
    '1e308',
    '1e309',
    '9007199254740993',
    '""',
    '" "',
    '"x"',
  ],
  ...[
    '[]',
    '{}',
    '[[]]',
    '[{}]',
    '[null]',
    '[true]',
    '[0]',
    '[-1]',
    '[1.5]',
    '[""]',
    '["x","y"]',
    '[["x"],["y"]]',
  ],
  ...['[[1],[2]]', '[1,"x"]', '[[[["x"]]]]', '{"a":1}', '{"text":1}', '{"text":"x"}', '{"inputs":"x"}'],
  ...[
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"toString":1}',
    '"__proto__"',
  ],
  ...[
    String.raw`"\u0000"`,
    String.raw`"\ud800"`,
    String.raw`"\u202e"`,
    '"[MASK]"',
    '"[CLS][SEP]"',
    '"constructor"',
  ],
  ...[
    `"${'x'.repeat(3000)}"`,
    `[${Array(300).fill('"x"')}]`,
    `[${Array(3000).fill(1)}]`,
    `"${'😀'.repeat(500)}"`,
  ],
];
const NAMES = [
  'unknown',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  'x'.repeat(900),
];

/** Schemas of a document refer to each other; `seen` ends a circle. */
function fieldsOf(
  schema: unknown,
  schemas: Record<string, unknown>,
  seen: readonly unknown[] = [],
): string[] {
  if (typeof schema !== 'object' || schema === null || seen.includes(schema)) return [];
  const { $ref, properties, anyOf, oneOf, allOf } = Object(schema);
  if (typeof $ref === 'string')
    return fieldsOf(schemas[$ref.split('/').at(-1) ?? ''], schemas, [...seen, schema]);
  const own = Object.keys(Object(properties));
  const others = [anyOf, oneOf, allOf].flat().flatMap((part) => fieldsOf(part, schemas, [...seen, schema]));
  return [...own, ...others];
}

/** Text of an object with one field replaced, added, or left out; written by hand so that `__proto__` is a field like others. */
function write(body: object, name: string, value: string | undefined): string {
  const fields = Object.entries(body).filter(([own]) => own !== name);
  const texts = fields.map(([own, kept]) => `${JSON.stringify(own)}:${JSON.stringify(kept)}`);
  if (value !== undefined) texts.push(`${JSON.stringify(name)}:${value}`);
  return `{${texts.join()}}`;
}

/** Every field of `body`, and of the objects in it, with every value. */
function* violations(
  body: unknown,
  fields: readonly string[],
): Generator<readonly [what: string, body: string]> {
  for (const value of VALUES) yield [value, value];
  if (typeof body !== 'object' || body === null) return;
  if (Array.isArray(body)) {
    for (const [what, text] of violations(body[0], [])) {
      yield [`[0] ${what}`, `[${[text, ...body.slice(1).map((item) => JSON.stringify(item))].join()}]`];
    }
    return;
  }
  for (const name of new Set([...Object.keys(body), ...fields, ...NAMES])) {
    yield [`without ${name}`, write(body, name, undefined)];
    for (const [what, text] of violations(Reflect.get(body, name), [])) {
      yield [`${name}: ${what}`, write(body, name, text)];
    }
  }
}

/** All violations of all routes that take a body, for each of `models`. */
export function* violationsOf(document: unknown, models: readonly string[]): Generator<Violation> {
  const { paths, components } = documentSchema.parse(document);
  for (const [pattern, operations] of Object.entries(paths)) {
    const operation = operationSchema.safeParse(operations.post).data;
    const content = Object.values(operation?.requestBody?.content ?? {})[0];
    if (!content) continue;
    const fields = fieldsOf(content.schema, components.schemas);
    const names = pattern.includes('{model}') ? models : [''];
    for (const model of names) {
      const path = pattern.replace('{model}', model).replace('{version}', '1.0.0').replace('{task}', 'ner');
      for (const [what, body] of violations(content.example ?? {}, fields)) yield { path, body, what };
    }
  }
}
