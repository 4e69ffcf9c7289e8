/** The operations of an OpenAPI document, as a client that knows nothing else reads them. */
import * as z from 'zod';

const json: z.ZodType<JsonSchema> = z.looseObject({});
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const parameter = z.looseObject({
  name: z.string(),
  in: z.enum(['path', 'header', 'query']),
  required: z.boolean().optional(),
  schema: json,
});
const content = z.record(
  z.string(),
  z.looseObject({ schema: json.optional(), example: z.unknown().optional() }),
);
const response = z.looseObject({
  headers: z.record(z.string(), z.looseObject({ required: z.boolean().optional() })).default({}),
  content: content.default({}),
});
const operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(parameter).default([]),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(z.string(), response),
});
const document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), json) }),
});

export interface Operation extends z.infer<typeof operation> {
  readonly method: string;
  readonly path: string;
}
export interface OpenApi {
  readonly operations: readonly Operation[];
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

export function readDocument(text: string): OpenApi {
  const { paths, components } = document.parse(JSON.parse(text));
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, own]) => ({ ...own, method: method.toUpperCase(), path })),
  );
  return { operations, schemas: components.schemas };
}

/** The schema and the example of a body of JSON. */
export function bodyOf({ requestBody }: Operation) {
  return requestBody?.content['application/json'];
}

/** A request by the examples of the operation; nothing where a parameter that it needs has none. */
export function requestOf({ method, path, parameters }: Operation, body?: unknown): Request | undefined {
  let url = path;
  const headers = new Headers();
  for (const { name, in: place, required, schema } of parameters) {
    if (!required) continue;
    if (schema.example === undefined) return undefined;
    const value = String(schema.example);
    if (place === 'header') headers.set(name, value);
    else url = url.replace(`{${name}}`, encodeURIComponent(value));
  }
  if (body === undefined) return new Request(`http://localhost${url}`, { method, headers });
  headers.set('content-type', 'application/json');
  return new Request(`http://localhost${url}`, { method, headers, body: JSON.stringify(body) });
}
