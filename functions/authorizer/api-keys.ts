/** The keys that may call the API. Only their hashes are known, so that a reader of the secret cannot call. */
import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { AuthorizerError } from './errors.ts';

const keyName = z.string().check(z.regex(/^[\w.-]{1,64}$/));
const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const secretSchema = z
  .record(keyName, z.union([hash, z.array(hash).check(z.minLength(1))]))
  .check(z.refine((keys) => Object.keys(keys).length > 0));

export interface ApiKey {
  readonly name: string;
  /** 32 bytes */
  readonly sha256: Uint8Array;
}

/**
 * The secret is a JSON object: the name of each client, and the sha256 of its key in lower-case hexadecimal, or a list of
 * them, of which each is valid: `{"shop": "5d41…", "batch": ["7d79…", "e3b0…"]}`.
 *
 * @throws AuthorizerError API_KEYS_INVALID, which says nothing of the content.
 */
export function parseApiKeys(secret: string): readonly ApiKey[] {
  const parsed = secretSchema.safeParse(parseJson(secret));
  if (!parsed.success) {
    throw new AuthorizerError(
      'API_KEYS_INVALID',
      'The secret of the API keys must be a JSON object of names and the sha256 of each key in lower-case hexadecimal.',
    );
  }
  return Object.entries(parsed.data).flatMap(([name, hashes]) =>
    [hashes].flat().map((sha256) => ({ name, sha256: Buffer.from(sha256, 'hex') })),
  );
}

/** An error of JSON.parse quotes what it read, so it goes no further. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The name of the key that was presented, or undefined. Takes as long whichever key it is: hashes are compared, all
 * of them, each in constant time.
 */
export function findKeyName(presented: string, keys: readonly ApiKey[]): string | undefined {
  const digest = createHash('sha256').update(presented).digest();
  let found: string | undefined;
  for (const { name, sha256 } of keys) {
    if (timingSafeEqual(digest, sha256)) found = name;
  }
  return found;
}
