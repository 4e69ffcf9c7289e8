import type { Context } from 'hono';
import { HttpError } from '../http/errors.ts';

/** Names the reason where `work` ends because the client is gone. @throws HttpError INVALID_REQUEST, and what `work` throws */
export async function whileConnected<T>(c: Context, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal } = c.req.raw;
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HttpError('INVALID_REQUEST', 'The client closed the connection.', { cause: error });
  }
}
