/** Reads the record of a model, and adds to its history under a condition. */
import { isDeepStrictEqual } from 'node:util';
import { waitAfter } from '@pilotlight/model-format/internal/network/retry';
import {
  emptyRecord,
  MAX_BECAUSE,
  MAX_REGISTRY_BYTES,
  MAX_WHO,
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
/** Whoever goes back finds room where nobody else does. */
const RESERVED_BYTES = 1_000_000;
const BACKOFF = { firstMs: 50, longestMs: 2_000 };

/** The record of a model, empty where there is none. @throws LifecycleError REGISTRY_INVALID, REGISTRY_UNREACHABLE */
export async function readRecord(bucket: RegistryBucket, name: string): Promise<RegistryRecord> {
  return (await readWithHead(bucket, name)).record;
}

/**
 * Adds what `decide` makes of the record, which it is asked anew whenever another writer was quicker. `decide` gives nothing where
 * nothing is to be done, and throws where it must not be done.
 *
 * @throws LifecycleError USAGE, REGISTRY_CONFLICT, REGISTRY_INVALID, REGISTRY_UNREACHABLE; what `decide` throws
 */
export async function changeRecord(
  bucket: RegistryBucket,
  name: string,
  { who, because }: Actor,
  decide: (record: RegistryRecord) => RegistryAction | undefined,
): Promise<Changed> {
  requireLength('who', who, MAX_WHO);
  if (because !== undefined) requireLength('because', because, MAX_BECAUSE);
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
    const reserved = did.action === 'rollback' || did.action === 'retire' ? 0 : RESERVED_BYTES;
    if (Buffer.byteLength(text) > MAX_REGISTRY_BYTES - reserved) throw tooLarge(bucket, name);
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
  const found = await bucket.read(registryKey(name), MAX_REGISTRY_BYTES);
  if (!found) return { record: emptyRecord(name), head: undefined };
  if (found.bytes > MAX_REGISTRY_BYTES) throw tooLarge(bucket, name);
  return { record: parseRecord(Buffer.from(found.body).toString('utf8'), name), head: found };
}

/** @throws LifecycleError USAGE */
function requireLength(field: string, text: string, most: number): void {
  if (text !== '' && text.length <= most) return;
  const message = `--${field} takes 1 to ${most} characters, and this has ${text.length}. Say it in fewer words, and where the rest can be read.`;
  throw new LifecycleError('USAGE', message);
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
