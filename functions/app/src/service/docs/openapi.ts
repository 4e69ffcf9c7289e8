/** The documentation's own operations as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { json, text } from '../../openapi/parts.ts';

export const bodies = {};

export const operations = {
  openapi: { responses: { 200: json('An OpenAPI 3.1 document', z.looseObject({ openapi: z.string() })) } },
  docs: { responses: { 200: text('A page', 'text/html') } },
  home: { responses: { 302: { description: 'To /docs' } } },
};
