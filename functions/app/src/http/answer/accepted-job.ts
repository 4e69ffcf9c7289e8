/** The answer to a client whose job was accepted. */
import type { Context } from 'hono';
import { publicPath } from '../base-path.ts';

/** Seconds after which a client should ask again. */
export const RETRY_AFTER = '2';

/** Where the client finds the job: 202 with `{job, status_url}`, Location and Retry-After. */
export function acceptJob(
  c: Context,
  { id, status_url: path }: { readonly id: string; readonly status_url: string },
): Response {
  const status_url = publicPath(c, path);
  return c.json({ job: id, status_url }, 202, { location: status_url, 'retry-after': RETRY_AFTER });
}
