/** `models gc`: removes versions that nothing means, and what interrupted pushes and removals have left. */
import { formatModelRef, MANIFEST_FILE, type ResolvedRef } from '@pilotlight/model-format';
import { REGISTRY_FOLDER, type RegistryRecord, registeredVersions } from '@pilotlight/model-format/registry';
import {
  packagePrefix,
  pushMarkerKey,
  pushMarkersPrefix,
  readPushMarkerKey,
  readRecordKey,
} from './layout.ts';
import { type Actor, changeRecord, readRecord } from './record-store.ts';
import type { ListedObject, RegistryBucket } from './s3-bucket.ts';
import { meaningsOf, REMOVAL_MINUTES, removedAt, wayBack } from './versions.ts';

export interface CollectOptions extends Actor {
  /** So many versions of each model stay, those that were pushed last. */
  readonly keep: number;
  /** Nothing that was pushed, or that an alias meant, within that time is removed. */
  readonly olderThanDays: number;
  /** A push that began longer ago is taken for interrupted. @default 24 */
  readonly graceHours?: number;
  /** Nothing is removed. @default false */
  readonly dryRun?: boolean;
}

export interface Collected {
  /** `name@version`. */
  readonly package: string;
  /** `old`: a version that nothing means; `left`: files of a push or of a removal that was interrupted. */
  readonly why: 'old' | 'left';
  readonly objects: number;
  readonly bytes: number;
  /** Whether its time was over before all of it was deleted; the next run goes on. */
  readonly unfinished?: true;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Removes what nothing means: the entry first, then the files. A version stays that an alias means, or goes back to, or meant within
 * `olderThanDays`.
 *
 * @param name - the model, or nothing for all of the registry
 * @throws LifecycleError REGISTRY_CONFLICT, REGISTRY_INVALID, REGISTRY_UNREACHABLE
 */
export async function collect(
  bucket: RegistryBucket,
  name: string | undefined,
  options: CollectOptions,
): Promise<Collected[]> {
  const collected: Collected[] = [];
  for (const model of name === undefined ? await modelNames(bucket) : [name])
    collected.push(...(await collectModel(bucket, model, options)));
  return collected;
}

async function modelNames(bucket: RegistryBucket): Promise<string[]> {
  const keys = (await bucket.list(`${REGISTRY_FOLDER}/`)).map(({ key }) => key);
  const names = keys.flatMap((key) => readRecordKey(key) ?? readPushMarkerKey(key)?.name ?? []);
  return [...new Set(names)].sort();
}

async function collectModel(
  bucket: RegistryBucket,
  name: string,
  options: CollectOptions,
): Promise<Collected[]> {
  const { dryRun = false, graceHours = 24 } = options;
  const before = new Date(Date.now() - graceHours * HOUR_MS);
  const record = await readRecord(bucket, name);
  const markers = await bucket.list(pushMarkersPrefix(name));
  const objects = Map.groupBy(await bucket.list(`${name}/`), ({ key }) => key.split('/')[1] ?? '');
  const due = [
    ...oldVersions(record, options).map((version) => ({ version, why: 'old' as const })),
    ...leftVersions(record, objects, markers, before).map((version) => ({ version, why: 'left' as const })),
  ];
  const collected: Collected[] = [];
  for (const { version, why } of due) {
    const ref = { name, version };
    const found = objects.get(version) ?? [];
    const bytes = found.reduce((sum, object) => sum + object.bytes, 0);
    const described = { package: formatModelRef(ref), why, objects: found.length, bytes };
    if (dryRun) {
      collected.push(described);
      continue;
    }
    const stillDue = (now: RegistryRecord) =>
      why === 'old' ? oldVersions(now, options).includes(version) : !isThere(now, version);
    const deadline = await announce(bucket, ref, options, stillDue);
    if (deadline === undefined) continue;
    const isWhole = await deleteFiles(bucket, ref, deadline);
    collected.push({ ...described, ...(!isWhole && { unfinished: true }) });
  }
  if (!dryRun) await tidyUp(bucket, name, markers, before);
  return collected;
}

/** Writes that the version goes, unless that was written a moment ago; gives the time until which its files are deleted, in ms. */
async function announce(
  bucket: RegistryBucket,
  { name, version }: ResolvedRef,
  { who, because }: CollectOptions,
  stillDue: (record: RegistryRecord) => boolean,
): Promise<number | undefined> {
  let isDue = true;
  const { record } = await changeRecord(bucket, name, { who, because }, (now) => {
    isDue = stillDue(now);
    const removed = removedAt(now, version);
    const isFresh = removed !== undefined && removed + (REMOVAL_MINUTES * 60_000) / 2 > Date.now();
    return isDue && !isFresh ? { action: 'remove', version } : undefined;
  });
  const removed = removedAt(record, version);
  return isDue && removed !== undefined ? removed + REMOVAL_MINUTES * 60_000 : undefined;
}

/** Deletes `model.json` first, so that nobody takes the rest for a package. Says whether all of it is gone. */
async function deleteFiles(bucket: RegistryBucket, ref: ResolvedRef, deadline: number): Promise<boolean> {
  const prefix = packagePrefix(ref);
  const listed = await bucket.list(prefix);
  const isManifest = ({ key }: ListedObject) => key === prefix + MANIFEST_FILE;
  for (const { key } of [...listed.filter(isManifest), ...listed.filter((object) => !isManifest(object))]) {
    // Later on, somebody may have pushed it again.
    if (Date.now() > deadline) return false;
    await bucket.delete(key);
  }
  await bucket.delete(pushMarkerKey(ref));
  return true;
}

async function tidyUp(
  bucket: RegistryBucket,
  name: string,
  markers: readonly ListedObject[],
  before: Date,
): Promise<void> {
  const record = await readRecord(bucket, name);
  for (const { key, modified } of markers) {
    const version = readPushMarkerKey(key)?.version ?? '';
    if (modified < before && isThere(record, version)) await bucket.delete(key);
  }
  await bucket.abortUploads(`${name}/`, before);
}

/** Versions that are there and that nothing means, goes back to, or meant for long, the oldest first. */
export function oldVersions(
  record: RegistryRecord,
  { keep, olderThanDays }: Pick<CollectOptions, 'keep' | 'olderThanDays'>,
): string[] {
  const since = Date.now() - olderThanDays * DAY_MS;
  const meant = meantSince(record, since);
  const versions = registeredVersions(record);
  return versions
    .slice(0, Math.max(0, versions.length - keep))
    .filter(({ version, pushedAt }) => Date.parse(pushedAt) < since && !meant.has(version))
    .map(({ version }) => version);
}

/** Versions that an alias means, goes back to, or meant since then. */
function meantSince(record: RegistryRecord, since: number): ReadonlySet<string> {
  const aliases = new Set(record.history.flatMap(({ did }) => ('alias' in did ? [did.alias] : [])));
  return new Set(
    [...aliases].flatMap((alias) => [
      ...meaningsOf(record, alias).flatMap(({ version, until }) =>
        until === undefined || until >= since ? [version] : [],
      ),
      ...wayBack(record, alias)
        .slice(-2)
        .map(({ version }) => version),
    ]),
  );
}

/**
 * Versions that are not there but of which something lies in the bucket, because a push or a removal was interrupted. Files without
 * either are none of the registry's.
 */
function leftVersions(
  record: RegistryRecord,
  objects: ReadonlyMap<string, readonly ListedObject[]>,
  markers: readonly ListedObject[],
  before: Date,
): string[] {
  const pushes = new Map(markers.map(({ key, modified }) => [readPushMarkerKey(key)?.version, modified]));
  const removed = [...objects.keys()].filter((version) => removedAt(record, version) !== undefined);
  const begun = [...pushes.keys()].filter((version) => version !== undefined);
  return [...new Set([...removed, ...begun])].filter((version) => {
    const pushed = pushes.get(version);
    return !isThere(record, version) && (pushed === undefined || pushed < before);
  });
}

function isThere(record: RegistryRecord, version: string): boolean {
  return registeredVersions(record).some((entry) => entry.version === version);
}
