/** The keys that may call the API. Only their hashes are known, so that a reader of the secret cannot call. */
import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { CallersError } from './errors.ts';
import type { Caller } from './ports.ts';

const keyName = z.string().check(z.regex(/^[\w.-]{1,64}$/));
const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const hashes = z.union([hash, z.array(hash).check(z.minLength(1))]);
const most = z.optional(z.int().check(z.positive()));
const limited = z.strictObject({ sha256: hashes, requestsPerMinute: most, tokensPerDay: most });
const secretSchema = z
  .record(keyName, z.union([hashes, limited]))
  .check(z.refine((keys) => Object.keys(keys).length > 0));

export interface ApiKey extends Caller {
  /** 32 bytes */
  readonly sha256: Uint8Array;
}

/**
 * The secret is a JSON object: the name of each client, and the sha256 of its key in lower-case hexadecimal, or a list of
 * them, of which each is valid: `{"shop": "5d41…", "batch": ["7d79…", "e3b0…"]}`. A client with limits of its own has an object:
 * `{"shop": {"sha256": "5d41…", "requestsPerMinute": 60, "tokensPerDay": 1000000}}`.
 *
 * @throws CallersError API_KEYS_INVALID, which says nothing of the content.
 */
export function parseApiKeys(secret: string): readonly ApiKey[] {
  const parsed = secretSchema.safeParse(parseJson(secret));
  if (!parsed.success) {
    throw new CallersError(
      'API_KEYS_INVALID',
      'The secret of the API keys must be a JSON object of names and the sha256 of each key in lower-case hexadecimal, or objects of sha256, requestsPerMinute and tokensPerDay.',
    );
  }
  return Object.entries(parsed.data).flatMap(([name, entry]) => {
    const { sha256, ...limits } =
      typeof entry === 'string' || Array.isArray(entry) ? { sha256: entry } : entry;
    return [sha256].flat().map((hex) => ({ name, limits, sha256: Buffer.from(hex, 'hex') }));
  });
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
 * The caller whose key was presented, or nothing. Takes as long whichever key it is: hashes are compared, all of them, each in
 * constant time.
 */
export function findCaller(presented: string, keys: readonly ApiKey[]): Caller | undefined {
  const digest = createHash('sha256').update(presented).digest();
  let found: Caller | undefined;
  for (const { name, limits, sha256 } of keys) {
    if (timingSafeEqual(digest, sha256)) found = { name, limits };
  }
  return found;
}

/** Where clients send their keys. */
export const KEY_HEADERS = ['either', 'x-api-key', 'authorization'] as const;
export type KeyHeader = (typeof KEY_HEADERS)[number];

/**
 * The key in `x-api-key`, or in `authorization` as `Bearer KEY`. Of both, the former counts. `header` finds one by its lower-case name.
 *
 * @param from - the header that alone is read, where it is one of the two
 */
export function presentedKey(
  header: (name: string) => string | undefined,
  from: KeyHeader = 'either',
): string | undefined {
  const key = from === 'authorization' ? undefined : header('x-api-key');
  const authorization = from === 'x-api-key' ? undefined : header('authorization');
  return key || /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}
