/** What history says of versions: whether one may be pushed, which one is meant, and which ones an alias meant. */
import { compareVersions, formatModelRef } from '@pilotlight/model-format';
import {
  type Alias,
  aliasMoves,
  type PinnedVersion,
  type RegisteredVersion,
  type RegistryRecord,
  registeredVersions,
} from '@pilotlight/model-format/registry';
import { LifecycleError } from '../errors.ts';

/** gc deletes the files of a version so long after its entry, and no longer. */
export const REMOVAL_MINUTES = 10;
/** A removed version is pushed anew after that time: clocks that S3 accepts differ by 15 minutes at most. */
const REST_MINUTES = 30;

/**
 * Whether the version is in the registry with that checksum; false where it may be pushed.
 *
 * @throws LifecycleError VERSION_EXISTS where it is another package, also where that was removed since; REGISTRY_CONFLICT where its
 *   files may still be in deletion
 */
export function isRegistered(record: RegistryRecord, { version, manifestSha256 }: PinnedVersion): boolean {
  const ref = formatModelRef({ name: record.name, version });
  for (const { did, at, who } of record.history) {
    if (did.action !== 'push' || did.version !== version || did.manifestSha256 === manifestSha256) continue;
    throw new LifecycleError(
      'VERSION_EXISTS',
      `${ref} is another package in this registry (model.json ${short(did.manifestSha256)}, pushed ${at} by ${who}; this one is ${short(manifestSha256)}). A version is one package for good: package this one under a new version.`,
    );
  }
  if (registeredVersions(record).some((entry) => entry.version === version)) return true;
  const removed = removedAt(record, version);
  const ready = removed === undefined ? 0 : removed + REST_MINUTES * 60_000;
  if (ready > Date.now()) {
    throw new LifecycleError(
      'REGISTRY_CONFLICT',
      `${ref} was removed a moment ago, and its files may still be in deletion. Push it after ${new Date(ready).toISOString()}.`,
    );
  }
  return false;
}

/** The time of the last removal of a version that is not there now, in ms; nothing where there was none. */
export function removedAt({ history }: RegistryRecord, version: string): number | undefined {
  const last = history.findLast(
    ({ did }) => (did.action === 'push' || did.action === 'remove') && did.version === version,
  );
  return last?.did.action === 'remove' ? Date.parse(last.at) : undefined;
}

/**
 * The version that `wanted` means: a version, an alias, or nothing for the highest.
 *
 * @throws LifecycleError VERSION_MISSING with those that there are
 */
export function chooseRegistered(record: RegistryRecord, wanted: string | undefined): PinnedVersion {
  const versions = registeredVersions(record).sort((left, right) =>
    compareVersions(left.version, right.version),
  );
  const found =
    wanted === undefined
      ? versions.at(-1)
      : (versions.find(({ version }) => version === wanted) ?? aliasIn(record, wanted));
  if (found) return { version: found.version, manifestSha256: found.manifestSha256 };
  throw missing(record, wanted, versions);
}

/** The alias, where it means something. */
export function aliasIn({ aliases }: RegistryRecord, alias: string): Alias | undefined {
  return Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
}

function missing(
  { name, aliases }: RegistryRecord,
  wanted: string | undefined,
  versions: readonly RegisteredVersion[],
): LifecycleError {
  const known = versions.map(({ version }) => version).join(', ');
  const named = Object.entries(aliases).map(([alias, { version }]) => `${alias} (${version})`);
  const means = named.length > 0 ? `, and the aliases ${named.join(', ')}` : '';
  const message =
    versions.length === 0
      ? `The registry has no version of ${name}. Push one: pilotlight models push ${name}.`
      : `The registry has no ${formatModelRef({ name, version: wanted })}; it has ${known}${means}.`;
  return new LifecycleError('VERSION_MISSING', message);
}

/** One meaning of an alias, from its entry on. */
export interface Meaning extends Alias {
  /** In ms. */
  readonly from: number;
  /** In ms. @default - it means it now */
  readonly until?: number;
}

/** All that an alias ever meant, the oldest first. */
export function meaningsOf(record: RegistryRecord, alias: string): Meaning[] {
  const moves = aliasMoves(record, alias);
  return moves.flatMap(({ meaning, entry }, index) => {
    const next = moves[index + 1];
    const until = next && { until: Date.parse(next.entry.at) };
    return meaning ? [{ ...meaning, from: Date.parse(entry.at), ...until }] : [];
  });
}

/**
 * The versions that an alias goes back through, the one that it means now as the last: a promotion to another version adds one, a
 * rollback takes one away, a promotion of the same version changes its share, and after it meant nothing there is no way back.
 */
export function wayBack(record: RegistryRecord, alias: string): Alias[] {
  const way: Alias[] = [];
  for (const { action, meaning } of aliasMoves(record, alias)) {
    if (!meaning) {
      way.length = 0;
      continue;
    }
    const isThatAlready = () => way.at(-1)?.version === meaning.version;
    if (action === 'rollback' || isThatAlready()) way.pop();
    if (action === 'rollback' && isThatAlready()) way.pop();
    way.push(meaning);
  }
  return way;
}

function short(sha256: string): string {
  return sha256.slice(0, 12);
}
