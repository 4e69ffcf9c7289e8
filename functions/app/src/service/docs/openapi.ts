/** The documentation's own operations as the OpenAPI document describes them. */
import { z } from '@hono/zod-openapi';
import { gets, text } from '../../openapi/parts.ts';

export const tags = { Documentation: 'This description' };
export const bodies = {};

const location = z.object({ location: z.string().meta({ description: 'Of /docs' }) });

export const operations = {
  openapi: gets('An OpenAPI 3.1 document', z.looseObject({ openapi: z.string() })),
  docs: { responses: { 200: text('A page', 'text/html') } },
  home: { responses: { 302: { description: 'To /docs', headers: location } } },
};
