/** The headers by which a client says how long it waits, and marks a request that it sends again. */
import { refuseField } from './parse.ts';

/** `Prefer: respond-async`: https://datatracker.ietf.org/doc/html/rfc7240#section-4.1 */
export interface Preference {
  /** Milliseconds that the client would wait for the answer itself, `wait=10`. */
  readonly waitMs: number;
}

/** Visible ASCII, in the quotes of the IETF's draft or without. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{8,255}$/;

/** `respond-async` alone means that the client does not wait. */
export function readPreference(headers: Headers): Preference | undefined {
  const preferences = (headers.get('prefer') ?? '')
    .toLowerCase()
    .split(/[,;]/)
    .map((part) => part.trim());
  if (!preferences.includes('respond-async')) return undefined;
  const wait = preferences
    .map((part) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(part)?.[1])
    .find((found) => found !== undefined);
  return { waitMs: 1000 * Number(wait ?? 0) };
}

/** @throws EngineError INVALID_INPUT */
export function readIdempotencyKey(headers: Headers): string | undefined {
  const key = headers.get('idempotency-key') ?? undefined;
  if (key === undefined || IDEMPOTENCY_KEY.test(key)) return key;
  throw refuseField('Idempotency-Key', 'must be 8 to 255 visible ASCII characters');
}
