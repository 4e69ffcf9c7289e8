/** The OpenAPI document, made from the route table. Loaded on the first request for it, and only then. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { toJSONSchema, type ZodMiniType } from 'zod/mini';
import { type RouteName, routes } from '../routes.ts';
import { bodies } from './bodies.ts';
import { operations } from './operations.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

export function openApiDocument(): OpenApiDocument {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono();
  for (const [name, schema] of Object.entries(bodies)) {
    openAPIRegistry.registerComponent('schemas', name, jsonSchema(schema));
  }
  for (const name of Object.keys(routes) as RouteName[]) {
    const { tag, ...route } = routes[name];
    openAPIRegistry.registerPath({ ...route, tags: [tag], ...operations[name] });
  }
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

/** As plain JSON: zod's schema carries more than its type, which is not that of OpenAPI, can say. */
function jsonSchema(schema: ZodMiniType): { type: 'object' } {
  const { $schema: _, ...plain } = toJSONSchema(schema, { io: 'input' });
  return JSON.parse(JSON.stringify(plain));
}
