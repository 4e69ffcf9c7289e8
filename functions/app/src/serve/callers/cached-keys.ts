import { type ApiKey, parseApiKeys } from './api-keys.ts';
import { CallersError } from './errors.ts';

/** How long a key that was taken out of the secret is still accepted, and a new one not yet. */
export const KEYS_LIVE_MS = 300_000;

/**
 * Reads the keys at most once in five minutes; requests that come meanwhile wait for the same read. A read that failed is
 * not kept, and old keys are not used in its place, because one of them may have been withdrawn.
 *
 * Of two clocks the later counts: the one of the day goes on while an environment is frozen or kept as a snapshot, the other one
 * cannot be set back.
 *
 * @throws CallersError API_KEYS_UNAVAILABLE, API_KEYS_INVALID
 */
export function cachedKeys(
  readSecret: (id: string) => Promise<string>,
  secretId: string,
  clocks: readonly (() => number)[] = [Date.now, () => performance.now()],
): () => Promise<readonly ApiKey[]> {
  let cached: { readonly at: readonly number[]; readonly keys: Promise<readonly ApiKey[]> } | undefined;
  return () => {
    const at = clocks.map((clock) => clock());
    if (cached && isFresh(cached.at, at)) return cached.keys;
    const entry = { at, keys: readKeys(readSecret, secretId) };
    cached = entry;
    entry.keys.catch(() => {
      if (cached === entry) cached = undefined;
    });
    return entry.keys;
  };
}

function isFresh(then: readonly number[], now: readonly number[]): boolean {
  return now.every((time, clock) => {
    const age = time - (then[clock] ?? 0);
    return age >= 0 && age < KEYS_LIVE_MS;
  });
}

async function readKeys(
  readSecret: (id: string) => Promise<string>,
  secretId: string,
): Promise<readonly ApiKey[]> {
  let secret: string;
  try {
    secret = await readSecret(secretId);
  } catch (cause) {
    throw new CallersError(
      'API_KEYS_UNAVAILABLE',
      'The secret of the API keys cannot be read. May the function read it, and is Secrets Manager reachable?',
      { cause },
    );
  }
  return parseApiKeys(secret);
}
