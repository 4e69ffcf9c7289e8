/** What a client is told of a job that was taken, and how it names one that it sends again. */
import type { Context } from 'hono';
import type { JobView } from '../jobs/job.ts';
import { publicPath } from '../request/base-path.ts';
import { refuseField } from '../request/parse.ts';

/** Seconds after which it is worth asking again. */
export const RETRY_AFTER = '2';
/** Visible ASCII, in the quotes of the IETF's draft or without. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{8,255}$/;

/** Where the client finds the job: 202 with `{job, status_url}`, Location and Retry-After. */
export function acceptedJob(c: Context, { id, status_url: path }: JobView): Response {
  const status_url = publicPath(c, path);
  return c.json({ job: id, status_url }, 202, { location: status_url, 'retry-after': RETRY_AFTER });
}

/** Of the client. @throws EngineError INVALID_INPUT */
export function idempotencyKeyOf(c: Context): { readonly idempotencyKey?: string } {
  const idempotencyKey = c.req.header('idempotency-key');
  if (idempotencyKey === undefined) return {};
  if (IDEMPOTENCY_KEY.test(idempotencyKey)) return { idempotencyKey };
  throw refuseField('Idempotency-Key', 'must be 8 to 255 visible ASCII characters');
}
