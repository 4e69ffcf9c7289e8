import type { ReadSecret } from '@pilotlight/app/internal/aws/secret-reader';
import { type ApiKey, parseApiKeys } from './api-keys.ts';
import { AuthorizerError } from './errors.ts';

/** How long a key that was taken out of the secret is still accepted, and a new one not yet. */
export const KEYS_LIVE_MS = 300_000;

/**
 * Reads the keys at most once in five minutes; requests that come meanwhile wait for the same read. A read that failed is
 * not kept, and old keys are not used in its place, because one of them may have been withdrawn.
 *
 * The clock goes on while an environment is frozen or kept as a snapshot, so keys read before that are read again.
 *
 * @throws AuthorizerError API_KEYS_UNAVAILABLE, API_KEYS_INVALID
 */
export function cachedKeys(
  readSecret: ReadSecret,
  secretId: string,
  now: () => number = Date.now,
): () => Promise<readonly ApiKey[]> {
  let cached: { readonly at: number; readonly keys: Promise<readonly ApiKey[]> } | undefined;
  return () => {
    const at = now();
    if (cached && at - cached.at < KEYS_LIVE_MS) return cached.keys;
    const entry = { at, keys: readKeys(readSecret, secretId) };
    cached = entry;
    entry.keys.catch(() => {
      if (cached === entry) cached = undefined;
    });
    return entry.keys;
  };
}

async function readKeys(readSecret: ReadSecret, secretId: string): Promise<readonly ApiKey[]> {
  let secret: string;
  try {
    secret = await readSecret(secretId);
  } catch (cause) {
    throw new AuthorizerError(
      'API_KEYS_UNAVAILABLE',
      'The secret of the API keys cannot be read. May the function read it, and is Secrets Manager reachable?',
      { cause },
    );
  }
  return parseApiKeys(secret);
}
