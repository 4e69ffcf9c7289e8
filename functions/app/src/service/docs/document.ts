/**
 * The OpenAPI document, made from the route tables, with what depends on the service left open. The bundles of functions have it as it
 * is when they are made; elsewhere it is made on the first request for it.
 */
import { OpenAPIHono, z } from '@hono/zod-openapi';
import { toJSONSchema, type ZodMiniType } from 'zod/mini';
import { formats } from '../../formats/index.ts';
import { requestId } from '../../openapi/headers.ts';
import type { Route } from '../../serve/route.ts';
import type { GroupOpenApi } from '../../serve/wire-format.ts';
import { service } from '../index.ts';
import * as documentation from './openapi.ts';
import { routes } from './routes.ts';
import { SECURITY, securitySchemes } from './security.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

interface Response {
  readonly headers?: z.ZodObject;
}
interface Operation {
  readonly responses?: Readonly<Record<string, Response>>;
}

export async function openApiDocument(): Promise<OpenApiDocument> {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono();
  const tags = new Map<string, string>();
  const register = (table: Readonly<Record<string, Route>>, group: GroupOpenApi): void => {
    for (const [name, schema] of Object.entries(group.bodies)) {
      openAPIRegistry.registerComponent('schemas', name, jsonSchema(schema));
    }
    for (const [name, description] of Object.entries(group.tags)) tags.set(name, description);
    for (const [operationId, { tag, ...route }] of Object.entries(table)) {
      const operation: Operation = group.operations[operationId] ?? {};
      const responses = withRequestId(operation.responses);
      openAPIRegistry.registerPath({ ...route, operationId, tags: [tag], ...operation, responses });
    }
  };
  for (const group of [...Object.values(formats), service]) register(group.routes, await group.openapi());
  register(routes, documentation);
  for (const [name, scheme] of Object.entries(securitySchemes)) {
    openAPIRegistry.registerComponent('securitySchemes', name, scheme);
  }
  return getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Pilotlight',
      version: '1',
      description:
        'Text in, predictions out, in the wire formats of Hugging Face, OpenAI, Text Embeddings Inference (TEI), the ' +
        'Open Inference Protocol and SageMaker. Every error has a `code` that never changes its meaning.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    security: SECURITY,
    tags: [...tags].map(([name, description]) => ({ name, description })),
  });
}

/** Every answer has the id of its request. */
function withRequestId(responses: Operation['responses'] = {}) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const headers = z.object({ ...response.headers?.shape, 'x-request-id': requestId });
      return [status, { description: '', ...response, headers }];
    }),
  );
}

/** Converts to plain JSON, because zod's schema carries more than its type says, and the type is not OpenAPI's. */
function jsonSchema(schema: ZodMiniType): { type: 'object' } {
  const { $schema: _, ...plain } = toJSONSchema(schema, { io: 'input' });
  return JSON.parse(JSON.stringify(plain));
}
