/** Reads the record of a model, and adds to its history under a condition. */
import { isDeepStrictEqual } from 'node:util';
import { waitAfter } from '@pilotlight/model-format/internal/network/retry';
import {
  emptyRecord,
  MAX_REGISTRY_BYTES,
  parseRecord,
  type RegistryAction,
  type RegistryEntry,
  type RegistryRecord,
  recordAction,
  recordText,
  registryKey,
} from '@pilotlight/model-format/registry';
import { LifecycleError } from '../errors.ts';
import type { ObjectHead, RegistryBucket } from './s3-bucket.ts';

/** Whoever does something, and the reason. */
export interface Actor {
  readonly who: string;
  readonly because?: string | undefined;
}

export interface Changed {
  /** As it is now. */
  readonly record: RegistryRecord;
  /** What was added. @default - nothing was to be done */
  readonly entry?: RegistryEntry;
}

/** Writers that come in between before it is given up; each of them has added its own. */
const ATTEMPTS = 20;
const BACKOFF = { firstMs: 50, longestMs: 2_000 };

/** The record of a model, empty where there is none. @throws LifecycleError REGISTRY_INVALID, REGISTRY_UNREACHABLE */
export async function readRecord(bucket: RegistryBucket, name: string): Promise<RegistryRecord> {
  return (await readWithHead(bucket, name)).record;
}

/**
 * Adds what `decide` makes of the record, which it is asked anew whenever another writer was quicker. `decide` gives nothing where
 * nothing is to be done, and throws where it must not be done.
 *
 * @throws LifecycleError REGISTRY_CONFLICT, REGISTRY_INVALID, REGISTRY_UNREACHABLE; what `decide` throws
 */
export async function changeRecord(
  bucket: RegistryBucket,
  name: string,
  { who, because }: Actor,
  decide: (record: RegistryRecord) => RegistryAction | undefined,
): Promise<Changed> {
  let tried: { readonly index: number; readonly entry: RegistryEntry } | undefined;
  for (let failed = 0; ; ) {
    const { record, head } = await readWithHead(bucket, name);
    // It was written, and the answer that said so was lost.
    if (tried && isDeepStrictEqual(record.history[tried.index], tried.entry))
      return { record, entry: tried.entry };
    const did = decide(record);
    if (did === undefined) return { record };
    const at = new Date().toISOString();
    const next = recordAction(record, { at, who, ...(because !== undefined && { because }), did });
    const text = recordText(next);
    if (Buffer.byteLength(text) > MAX_REGISTRY_BYTES) throw tooLarge(bucket, name);
    // Nothing is written that a reader refuses.
    parseRecord(text, name);
    const index = record.history.length;
    const entry = next.history[index];
    if (await bucket.replace(registryKey(name), text, head)) return { record: next, ...(entry && { entry }) };
    tried = entry && { index, entry };
    failed += 1;
    if (failed >= ATTEMPTS) throw busy(bucket, name);
    await waitAfter(failed, BACKOFF);
  }
}

async function readWithHead(
  bucket: RegistryBucket,
  name: string,
): Promise<{ record: RegistryRecord; head: ObjectHead | undefined }> {
  const found = await bucket.read(registryKey(name));
  if (!found) return { record: emptyRecord(name), head: undefined };
  if (found.bytes > MAX_REGISTRY_BYTES) throw tooLarge(bucket, name);
  return { record: parseRecord(Buffer.from(found.body).toString('utf8'), name), head: found };
}

function tooLarge(bucket: RegistryBucket, name: string): LifecycleError {
  const most = `${MAX_REGISTRY_BYTES / 1e6} MB at most`;
  return new LifecycleError(
    'REGISTRY_INVALID',
    `${bucket.url(registryKey(name))} has ${most}. Go on under another name of the model.`,
  );
}

function busy(bucket: RegistryBucket, name: string): LifecycleError {
  return new LifecycleError(
    'REGISTRY_CONFLICT',
    `${bucket.url(registryKey(name))} was written by others ${ATTEMPTS} times meanwhile. Try again.`,
  );
}
