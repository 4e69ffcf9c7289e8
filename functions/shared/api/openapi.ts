/** The OpenAPI document, made from the route table. Loaded on the first request for it, and only then. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { routes } from './routes.ts';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

export function openApiDocument(): OpenApiDocument {
  const { openAPIRegistry, getOpenAPI31Document } = new OpenAPIHono();
  for (const route of Object.values(routes)) openAPIRegistry.registerPath(route);
  return getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Pilotlight',
      version: '1',
      description: 'Text in, predictions out. Errors are `{error, code}`; a code never changes its meaning.',
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
  });
}
