/** Who belongs to a share of the calls. */
import { createHash } from 'node:crypto';
import type { CalledModel } from '../rollout-port.ts';

/** By this header a client says which of its calls belong together: a tenant, a user, a session. */
export const STICKY_HEADER = 'x-pilotlight-sticky';

/** What calls that are to see one version have in common: the name of their API key, else the header, else nothing but their own id. */
export function stickyKey({ caller, c, id }: Pick<CalledModel<unknown>, 'caller' | 'c' | 'id'>): string {
  return caller ?? c.req.header(STICKY_HEADER) ?? id;
}

/**
 * Whether `key` is within a share from 0 to 1. It is so for a share of all keys, always for the same, and for a larger share for those
 * and others. `of` says what the share is of: each has other keys in it.
 */
export function isWithin(share: number, of: string, key: string): boolean {
  const hash = createHash('sha256').update(`${of}\n${key}`).digest();
  return hash.readUInt32BE(0) / 2 ** 32 < share;
}
