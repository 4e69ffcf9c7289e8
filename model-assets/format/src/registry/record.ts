/**
 * `_registry/<model>.json`: which versions of a model a registry has, which of them its aliases mean, and everything that was done. It
 * is one object that is replaced under a condition, so that a reader sees the whole of a change or nothing of it. See ADR-registry.md.
 */
import * as z from 'zod/mini';
import { PilotlightError } from '../errors.ts';
import { sha256Schema, text } from '../manifest/common.ts';
import { sha256Of } from '../package/integrity.ts';
import { aliasNameSchema, modelNameSchema, modelVersionSchema } from '../ref/names.ts';
import { listOf, parseJsonBy } from '../untrusted.ts';
import { gateResultSchema } from './gate.ts';

/** No model has this name, because names begin with a letter or a digit: what lies below it is no package. */
export const REGISTRY_FOLDER = '_registry';
export const REGISTRY_FORMAT_VERSION = 1;
/** A record of ten thousand actions has some 6 MB. */
export const MAX_REGISTRY_BYTES = 32_000_000;
/** Characters of who did something, and why. */
export const MAX_WHO = 200;
export const MAX_BECAUSE = 2_000;

/** The key of the record of a model, below the prefix that its packages lie below as `<name>/<version>/`. */
export function registryKey(name: string): string {
  return `${REGISTRY_FOLDER}/${name}.json`;
}

/** The aliases with a meaning of their own. `canary` answers a share of the calls of `prod`, `shadow` reads a share after their answers. */
export const PROD = 'prod';
export const CANARY = 'canary';
export const SHADOW = 'shadow';

const share = z.number().check(z.minimum(0), z.maximum(1));
const aliasSchema = z.strictObject({
  version: modelVersionSchema,
  /** The sha256 of the model.json of that version. */
  manifestSha256: sha256Schema,
  /** The share of the calls of `prod` that a `canary` or a `shadow` gets, 0 to 1. @default - it is neither */
  share: z.optional(share),
});
export type Alias = z.infer<typeof aliasSchema>;
/** A version with the checksum of its model.json. */
export type PinnedVersion = Pick<Alias, 'version' | 'manifestSha256'>;

const actionSchema = z.discriminatedUnion('action', [
  /** A version is whole in the registry. */
  z.strictObject({
    action: z.literal('push'),
    version: modelVersionSchema,
    manifestSha256: sha256Schema,
    /** Of all its files. */
    bytes: z.int().check(z.nonnegative()),
  }),
  /** An alias means a version from now on; `rollback` is the same, back to a version that it had before. */
  z.strictObject({
    action: z.enum(['promote', 'rollback']),
    alias: aliasNameSchema,
    version: modelVersionSchema,
    manifestSha256: sha256Schema,
    share: z.optional(share),
    gates: listOf(gateResultSchema).check(z.maxLength(100)),
  }),
  /** An alias means nothing any more. */
  z.strictObject({ action: z.literal('retire'), alias: aliasNameSchema }),
  /** A version is gone, or goes: written before its files are deleted. */
  z.strictObject({ action: z.literal('remove'), version: modelVersionSchema }),
  /** From now on a version becomes `alias` only with a report in which each of these gates has passed; none ends that. */
  z.strictObject({
    action: z.literal('require'),
    alias: aliasNameSchema,
    gates: listOf(text.check(z.maxLength(200))).check(z.maxLength(100)),
    /** Of the bytes of the file that they must have passed on. @default - any dataset does, also an easier one */
    datasetSha256: z.optional(sha256Schema),
  }),
]);
export type RegistryAction = z.infer<typeof actionSchema>;

const entrySchema = z.strictObject({
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  who: text.check(z.maxLength(MAX_WHO)),
  because: z.optional(text.check(z.maxLength(MAX_BECAUSE))),
  /** The sha256 of the entry before it, as JSON.stringify writes it: whoever changes one changes all after it. @default - it is the first */
  previous: z.optional(sha256Schema),
  did: actionSchema,
});
export type RegistryEntry = z.infer<typeof entrySchema>;

const recordSchema = z.strictObject({
  formatVersion: z.literal(REGISTRY_FORMAT_VERSION),
  name: modelNameSchema,
  aliases: z.record(aliasNameSchema, aliasSchema),
  /** The oldest first. */
  history: listOf(entrySchema),
  /** The sha256 of the last entry, which no entry after it proves. @default - there is no entry */
  lastSha256: z.optional(sha256Schema),
});
export type RegistryRecord = z.infer<typeof recordSchema>;

/** A version that is in the registry. */
export interface RegisteredVersion {
  readonly version: string;
  readonly manifestSha256: string;
  readonly bytes: number;
  /** ISO 8601, UTC. */
  readonly pushedAt: string;
}

/** The record of a model of which nothing was done. */
export function emptyRecord(name: string): RegistryRecord {
  return { formatVersion: REGISTRY_FORMAT_VERSION, name, aliases: {}, history: [] };
}

/** The record after one more action. It checks nothing of what the action means: `parseRecord` does. Throws for what is no entry. */
export function recordAction(record: RegistryRecord, entry: Omit<RegistryEntry, 'previous'>): RegistryRecord {
  const last = record.history.at(-1);
  // Parsed, so that its fields stand in the order in which a reader hashes them.
  const linked = entrySchema.parse({ ...entry, ...(last && { previous: entrySha256(last) }) });
  const history = [...record.history, linked];
  return { ...record, aliases: aliasesAfter(history), history, lastSha256: entrySha256(linked) };
}

/** What a version must have passed before it becomes an alias. */
export type RequiredGates = Pick<Extract<RegistryAction, { action: 'require' }>, 'gates' | 'datasetSha256'>;

/** The gates that a version must have passed before it becomes `alias`, and the dataset. */
export function requiredGates({ history }: Pick<RegistryRecord, 'history'>, alias: string): RequiredGates {
  const last = history.findLast(({ did }) => did.action === 'require' && did.alias === alias)?.did;
  if (last?.action !== 'require') return { gates: [] };
  const { gates, datasetSha256 } = last;
  return { gates, ...(datasetSha256 !== undefined && { datasetSha256 }) };
}

/** The versions that are there, in the order of their last push. */
export function registeredVersions({ history }: Pick<RegistryRecord, 'history'>): RegisteredVersion[] {
  const versions = new Map<string, RegisteredVersion>();
  for (const { at, did } of history) {
    if (did.action === 'push') {
      const { version, manifestSha256, bytes } = did;
      versions.delete(version);
      versions.set(version, { version, manifestSha256, bytes, pushedAt: at });
    } else if (did.action === 'remove') versions.delete(did.version);
  }
  return [...versions.values()];
}

/** A change of what an alias means. */
export interface AliasMove {
  readonly action: 'promote' | 'rollback' | 'retire';
  readonly alias: string;
  /** @default - nothing any more */
  readonly meaning?: Alias;
  readonly entry: RegistryEntry;
}

/** All that was done with the meaning of an alias, or of every alias, the oldest first. */
export function aliasMoves(
  { history }: { readonly history: readonly RegistryEntry[] },
  only?: string,
): AliasMove[] {
  return history.flatMap((entry): AliasMove[] => {
    const { did } = entry;
    if (did.action !== 'promote' && did.action !== 'rollback' && did.action !== 'retire') return [];
    const { action, alias } = did;
    if (only !== undefined && alias !== only) return [];
    if (did.action === 'retire') return [{ action, alias, entry }];
    const { version, manifestSha256, share: part } = did;
    const meaning = { version, manifestSha256, ...(part !== undefined && { share: part }) };
    return [{ action, alias, meaning, entry }];
  });
}

export function recordText(record: RegistryRecord): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

/**
 * Reads the record of a model. It is taken only where its aliases are what its history made of them, each entry follows the one before,
 * and aliases mean versions that are there with that checksum.
 *
 * @throws PilotlightError REGISTRY_INVALID with the object and the reason
 */
export function parseRecord(json: string, name: string): RegistryRecord {
  const record = parseJsonBy(recordSchema, json, (reason, cause) => invalid(name, reason, cause));
  if (record.name !== name) throw invalid(name, `it is that of ${record.name}`);
  const fault = findHistoryFault(record);
  if (fault !== undefined) throw invalid(name, fault);
  return record;
}

function findHistoryFault({ history, aliases, lastSha256 }: RegistryRecord): string | undefined {
  for (const [index, { previous }] of history.entries()) {
    const before = history[index - 1];
    if (previous !== (before && entrySha256(before)))
      return `history.${index} does not follow the entry before it`;
  }
  const last = history.at(-1);
  if (lastSha256 !== (last && entrySha256(last))) return 'lastSha256 is not that of its last entry';
  const made = aliasesAfter(history);
  if (canonical(made) !== canonical(aliases)) return 'its aliases are not those of its history';
  const versions = new Map(registeredVersions({ history }).map((entry) => [entry.version, entry]));
  for (const [alias, { version, manifestSha256 }] of Object.entries(aliases)) {
    if (versions.get(version)?.manifestSha256 !== manifestSha256)
      return `aliases.${alias} means ${version}, which is not there with that checksum`;
  }
  return undefined;
}

function aliasesAfter(history: readonly RegistryEntry[]): Record<string, Alias> {
  const aliases = new Map<string, Alias>();
  for (const { alias, meaning } of aliasMoves({ history })) {
    if (meaning) aliases.set(alias, meaning);
    else aliases.delete(alias);
  }
  return Object.fromEntries(aliases);
}

function entrySha256(entry: RegistryEntry): string {
  return sha256Of(JSON.stringify(entry));
}

function canonical(aliases: Readonly<Record<string, Alias>>): string {
  const sorted = Object.entries(aliases).sort(([left], [right]) => (left < right ? -1 : 1));
  return JSON.stringify(
    sorted.map(([name, { version, manifestSha256, share: part }]) => [name, version, manifestSha256, part]),
  );
}

function invalid(name: string, reason: string, cause?: unknown): PilotlightError {
  return new PilotlightError(
    'REGISTRY_INVALID',
    `The record ${registryKey(name)} of the registry is refused: ${reason}. Restore the version of the object before it.`,
    { cause },
  );
}
