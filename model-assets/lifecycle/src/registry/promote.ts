/** `models promote`, `rollback`, `retire` and `require`: what an alias means. */
import { isDeepStrictEqual } from 'node:util';
import { formatModelRef, type ResolvedRef } from '@pilotlight/model-format';
import {
  type Alias,
  aliasMoves,
  CANARY,
  type GateResult,
  type RegistryAction,
  type RegistryEntry,
  type RegistryRecord,
  type RequiredGates,
  requiredGates,
  SHADOW,
} from '@pilotlight/model-format/registry';
import { LifecycleError } from '../errors.ts';
import { checkListed, checkObjects } from './check-objects.ts';
import { type Actor, changeRecord, readRecord } from './record-store.ts';
import type { RegistryBucket } from './s3-bucket.ts';
import { aliasIn, chooseRegistered, wayBack } from './versions.ts';

/** Whoever moves an alias says why. */
export interface Decision extends Actor {
  readonly because: string;
}

export interface PromoteOptions extends Decision {
  /** A version, or an alias that means one; nothing for the highest. */
  readonly wanted: string | undefined;
  readonly to: string;
  /** The share of the calls of `prod`, 0 to 1, of `canary` and `shadow`. */
  readonly share?: number | undefined;
  /** What `models eval` said of this very package. @default - nothing */
  readonly gates?: readonly GateResult[] | undefined;
  /** The sha256 of the model.json that the report is about. @default - there is no report */
  readonly reportOf?: string | undefined;
  /** Gets the bytes that were compared, of those that the package has. */
  readonly onBytes?: (done: number, all: number) => void;
}

export interface Moved {
  /** `name@version`; nothing where the alias means nothing any more. */
  readonly package?: string;
  readonly alias: string;
  /** What it meant before. */
  readonly before?: string;
  /** Nothing where it meant that already. */
  readonly entry?: RegistryEntry;
  /** The rollback that was done before, for which nothing was done now. */
  readonly lately?: RegistryEntry;
}

/**
 * Lets an alias mean a version, once every object of that version was read and compared.
 *
 * @throws LifecycleError USAGE, VERSION_MISSING, GATE_FAILED, PACKAGE_CORRUPT, REGISTRY_CONFLICT, REGISTRY_INVALID, REGISTRY_UNREACHABLE
 */
export async function promoteVersion(
  bucket: RegistryBucket,
  name: string,
  { wanted, to, share, gates = [], reportOf, onBytes, ...decision }: PromoteOptions,
): Promise<Moved> {
  requireShare(to, share);
  const first = await readRecord(bucket, name);
  const { version, manifestSha256 } = chooseRegistered(first, wanted);
  const ref = { name, version };
  const report = { gates, reportOf: reportOf ?? manifestSha256 };
  requireGates(first, to, ref, manifestSha256, report);
  await checkObjects(bucket, ref, manifestSha256, onBytes);
  let before: Alias | undefined;
  const { entry } = await changeRecord(bucket, name, decision, (record) => {
    // It may have been removed, or a gate required, while its objects were read.
    chooseRegistered(record, version);
    requireGates(record, to, ref, manifestSha256, report);
    before = aliasIn(record, to);
    const isSame = before?.version === version && before.share === share;
    if (isSame && (gates.length === 0 || isDeepStrictEqual(readGates(record, to), gates))) return undefined;
    const meant = { alias: to, version, manifestSha256, ...(share !== undefined && { share }) };
    return { action: 'promote', ...meant, gates: [...gates] } satisfies RegistryAction;
  });
  return moved(name, to, version, before, entry);
}

export interface RollbackOptions extends Decision {
  /** The version to leave: nothing is done where the alias means another one. @default - the one that it means now */
  readonly from?: string | undefined;
}

/** Whoever rolls back so soon after a rollback means that one: two people see the same alarm, or one repeats what was killed. */
const SAME_ROLLBACK_MS = 10 * 60_000;

/** The gates that were recorded when the alias was moved last. */
function readGates({ history }: RegistryRecord, alias: string): readonly GateResult[] {
  const last = history.findLast(({ did }) => did.action === 'promote' && did.alias === alias)?.did;
  return last?.action === 'promote' ? last.gates : [];
}

/**
 * Lets an alias mean the version that it meant before the one that it means now. The size of each object is compared, and not its bytes,
 * because those who roll back are in a hurry, and whoever serves the version compares them. Nothing is done where it was rolled back less
 * than ten minutes ago, unless `from` says that it is the version from then that is to be left.
 *
 * @throws LifecycleError VERSION_MISSING, PACKAGE_CORRUPT, REGISTRY_CONFLICT, REGISTRY_INVALID, REGISTRY_UNREACHABLE
 */
export async function rollBack(
  bucket: RegistryBucket,
  name: string,
  alias: string,
  { from, ...decision }: RollbackOptions,
): Promise<Moved> {
  const first = await readRecord(bucket, name);
  const now = aliasIn(first, alias);
  const lately = findSameRollback(first, alias, from);
  if (lately) return { ...moved(name, alias, now?.version, now, undefined), lately };
  if (from !== undefined && now?.version !== from) throw movedMeanwhile(name, alias, now);
  const target = versionBefore(first, alias);
  await checkListed(bucket, { name, version: target.version }, target.manifestSha256);
  let others: RegistryEntry | undefined;
  const { entry } = await changeRecord(bucket, name, decision, (record) => {
    const meant = aliasIn(record, alias);
    if (meant?.version !== now?.version) {
      others = findSameRollback(record, alias, now?.version);
      if (others) return undefined;
      throw movedMeanwhile(name, alias, meant);
    }
    chooseRegistered(record, target.version);
    return { action: 'rollback', alias, ...target, gates: [] };
  });
  return { ...moved(name, alias, target.version, now, entry), ...(others && { lately: others }) };
}

/** The rollback from `from`, or from any version a moment ago, if that is the last that was done with the alias. */
function findSameRollback(
  record: RegistryRecord,
  alias: string,
  from: string | undefined,
): RegistryEntry | undefined {
  const [before, last] = aliasMoves(record, alias).slice(-2);
  if (last?.action !== 'rollback') return undefined;
  const isFrom = from !== undefined && before?.meaning?.version === from;
  // A clock that was ahead must not hold up those who go back for longer than that.
  const isLately = from === undefined && Math.abs(Date.now() - Date.parse(last.entry.at)) < SAME_ROLLBACK_MS;
  return isFrom || isLately ? last.entry : undefined;
}

/** Lets an alias mean nothing. @throws LifecycleError REGISTRY_CONFLICT, REGISTRY_INVALID, REGISTRY_UNREACHABLE */
export async function retireAlias(
  bucket: RegistryBucket,
  name: string,
  alias: string,
  decision: Decision,
): Promise<Moved> {
  let before: Alias | undefined;
  const { entry } = await changeRecord(bucket, name, decision, (record) => {
    before = aliasIn(record, alias);
    return before && { action: 'retire', alias };
  });
  return moved(name, alias, undefined, before, entry);
}

/** Makes gates a condition of promotions to an alias; none ends it. @throws LifecycleError as `retireAlias` */
export async function requireOfAlias(
  bucket: RegistryBucket,
  name: string,
  { alias, gates, datasetSha256, ...decision }: Decision & RequiredGates & { readonly alias: string },
): Promise<RegistryEntry | undefined> {
  const required: RequiredGates = { gates, ...(datasetSha256 !== undefined && { datasetSha256 }) };
  const { entry } = await changeRecord(bucket, name, decision, (record) => {
    const isSame = isDeepStrictEqual(requiredGates(record, alias), required);
    return isSame ? undefined : { action: 'require', alias, ...required };
  });
  return entry;
}

function versionBefore(record: RegistryRecord, alias: string): Alias {
  const before = wayBack(record, alias).at(-2);
  if (!aliasIn(record, alias) || before === undefined) {
    throw new LifecycleError(
      'VERSION_MISSING',
      `${alias} of ${record.name} has no version before it. See: pilotlight models history ${record.name}`,
    );
  }
  chooseRegistered(record, before.version);
  return before;
}

/** @throws LifecycleError USAGE */
function requireShare(alias: string, share: number | undefined): void {
  const isPart = alias === CANARY || alias === SHADOW;
  if (isPart === (share !== undefined)) return;
  throw new LifecycleError(
    'USAGE',
    isPart
      ? `${alias} gets a part of the calls of prod: add --share, such as --share 0.05.`
      : `${alias} gets all of its calls: leave --share out, or promote to ${CANARY} or ${SHADOW}.`,
  );
}

/** @throws LifecycleError GATE_FAILED */
function requireGates(
  record: RegistryRecord,
  alias: string,
  ref: ResolvedRef,
  manifestSha256: string,
  { gates, reportOf }: { readonly gates: readonly GateResult[]; readonly reportOf: string },
): void {
  const model = formatModelRef(ref);
  const refuse = (reason: string) => {
    throw new LifecycleError('GATE_FAILED', `${model} does not become ${alias}: ${reason}`);
  };
  const judged = [reportOf, ...gates.map((gate) => gate.manifestSha256)];
  if (judged.some((sha256) => sha256 !== manifestSha256))
    refuse(`the report is of another package. Evaluate this one: pilotlight models eval ${model}`);
  const failed = gates.filter(({ passed }) => !passed);
  if (failed.length > 0) {
    const values = failed.map(({ gate, value }) => `${gate} (${value ?? 'not measured'})`);
    refuse(`it failed ${values.join(', ')}.`);
  }
  const { gates: required, datasetSha256 } = requiredGates(record, alias);
  const counted = gates.filter(
    ({ dataset }) => datasetSha256 === undefined || dataset.sha256 === datasetSha256,
  );
  const missing = required.filter((gate) => !counted.some((given) => given.gate === gate));
  if (missing.length > 0) {
    const options = missing.map((gate) => `--gate '${gate}'`).join(' ');
    const on = datasetSha256 === undefined ? '' : ` on the dataset with the sha256 ${datasetSha256}`;
    refuse(
      `${alias} requires ${missing.join(', ')}${on}. Run pilotlight models eval${on} with ${options} --out eval.json, and promote with --report eval.json.`,
    );
  }
}

function movedMeanwhile(name: string, alias: string, meant: Alias | undefined): LifecycleError {
  const now = meant ? formatModelRef({ name, version: meant.version }) : 'nothing';
  return new LifecycleError(
    'REGISTRY_CONFLICT',
    `Somebody else moved ${alias} of ${name} at this moment: it means ${now} now. Look at the history, and decide again.`,
  );
}

function moved(
  name: string,
  alias: string,
  version: string | undefined,
  before: Alias | undefined,
  entry: RegistryEntry | undefined,
): Moved {
  return {
    alias,
    ...(version !== undefined && { package: formatModelRef({ name, version }) }),
    ...(before && { before: formatModelRef({ name, version: before.version }) }),
    ...(entry && { entry }),
  };
}
