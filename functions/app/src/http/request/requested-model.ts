import type { Context } from 'hono';

/** `sentiment`, `sentiment@1.0.0`, or the name and version of the longer paths; empty where the path names none. */
export function requestedModel(c: Context): string {
  const model = c.req.param('model') ?? '';
  const version = c.req.param('version');
  return version === undefined ? model : `${model}@${version}`;
}
