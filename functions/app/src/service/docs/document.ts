/** The OpenAPI document, made from the route tables. Loaded on the first request for it, and only then. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { toJSONSchema, type ZodMiniType } from 'zod/mini';
import { formats } from '../../formats/index.ts';
import type { Route } from '../../serve/route.ts';
import type { GroupOpenApi } from '../../serve/wire-format.ts';
import { service } from '../index.ts';
import * as own from './openapi.ts';
import { routes } from './routes.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

export async function openApiDocument(): Promise<OpenApiDocument> {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono();
  const register = (table: Readonly<Record<string, Route>>, { bodies, operations }: GroupOpenApi): void => {
    for (const [name, schema] of Object.entries(bodies)) {
      openAPIRegistry.registerComponent('schemas', name, jsonSchema(schema));
    }
    for (const [name, { tag, ...route }] of Object.entries(table)) {
      openAPIRegistry.registerPath({ ...route, tags: [tag], responses: {}, ...operations[name] });
    }
  };
  for (const group of [...Object.values(formats), service]) register(group.routes, await group.openapi());
  register(routes, own);
  return getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Pilotlight',
      version: '1',
      description:
        'Text in, predictions out, in the wire formats of Hugging Face, OpenAI, Text Embeddings Inference (TEI), the ' +
        'Open Inference Protocol and SageMaker. Every error has a `code` that never changes its meaning.',
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
  });
}

/** Converts to plain JSON, because zod's schema carries more than its type says, and the type is not OpenAPI's. */
function jsonSchema(schema: ZodMiniType): { type: 'object' } {
  const { $schema: _, ...plain } = toJSONSchema(schema, { io: 'input' });
  return JSON.parse(JSON.stringify(plain));
}
