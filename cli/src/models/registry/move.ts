/** promote, rollback, retire, require: each moves an alias, or says what it takes to be moved. */
import { parseGates } from '@pilotlight/lifecycle/internal/evaluate/gates';
import { readEvaluationReport } from '@pilotlight/lifecycle/internal/evaluate/report-schema';
import {
  type Moved,
  type PromoteOptions,
  promoteVersion,
  type RegistryBucket,
  readRecord,
  requireOfAlias,
  retireAlias,
  rollBack,
} from '@pilotlight/lifecycle/registry';
import { digestFile, formatModelRef } from '@pilotlight/model-format';
import { asCalled } from '../../kit/called-as.ts';
import type { Terminal } from '../../kit/command.ts';
import { CliError, usageError } from '../../kit/errors.ts';
import { printable } from '../../kit/style.ts';
import { transferProgress } from '../../kit/transfer.ts';
import { openRegistry, readAlias, readDecision, readName, readWanted } from './open.ts';
import type { PromoteLine, RequireLine, RetireLine, RollbackLine } from './options.ts';

/** @throws CliError, LifecycleError */
export async function promote(
  { values, positionals }: PromoteLine,
  { stdout, stderr }: Terminal,
): Promise<void> {
  const { name, wanted } = readWanted(positionals, 'promote');
  const to = readAlias(values.to, '--to');
  const share = values.share === undefined ? undefined : readShare(values.share);
  const decision = await readDecision(values);
  const report = values.report === undefined ? undefined : await readReport(values.report);
  const bucket = openRegistry(values.registry);
  const isQuiet = values.json === true || values.quiet === true;
  const progress = transferProgress(stderr, `comparing ${name}`, isQuiet);
  const moved = await promoteVersion(bucket, name, {
    ...decision,
    wanted,
    to,
    share,
    ...report,
    onBytes: progress.show,
  }).finally(() => progress.clear());
  tell(moved, name, values.json, stdout);
}

/** @throws CliError, LifecycleError */
export async function rollback({ values, positionals }: RollbackLine, { stdout }: Terminal): Promise<void> {
  const name = readName(positionals, 'rollback');
  const alias = readAlias(values.alias, '--alias');
  const decision = await readDecision(values);
  const bucket = openRegistry(values.registry);
  const moved = await rollBack(bucket, name, alias, { ...decision, from: values.from });
  tell(moved, name, values.json, stdout);
  if (moved.entry && !values.json) stdout.write(await tellOthers(bucket, name, moved.before));
}

/** Aliases that still mean the version that was left, such as the canary that it was before. */
async function tellOthers(bucket: RegistryBucket, name: string, left: string | undefined): Promise<string> {
  const { aliases } = await readRecord(bucket, name);
  const others = Object.keys(aliases).filter(
    (alias) => formatModelRef({ name, version: aliases[alias]?.version }) === left,
  );
  return others
    .map(
      (alias) =>
        `${alias} still means ${left}. To end it: ${asCalled(`pilotlight models retire ${name} --alias ${alias} --because TEXT`)}\n`,
    )
    .join('');
}

/** @throws CliError, LifecycleError */
export async function retire({ values, positionals }: RetireLine, { stdout }: Terminal): Promise<void> {
  const name = readName(positionals, 'retire');
  const alias = readAlias(values.alias, '--alias');
  const decision = await readDecision(values);
  tell(await retireAlias(openRegistry(values.registry), name, alias, decision), name, values.json, stdout);
}

/** @throws CliError, LifecycleError */
export async function requireGates(
  { values, positionals }: RequireLine,
  { stdout }: Terminal,
): Promise<void> {
  const [model, ...wanted] = positionals;
  const gates = wanted.flatMap((text) => parseGates(text).map(({ gate }) => gate));
  const name = readName(model === undefined ? [] : [model], 'require');
  const alias = readAlias(values.alias, '--alias');
  const decision = await readDecision(values);
  const bucket = openRegistry(values.registry);
  const dataset = values.dataset === undefined ? {} : { datasetSha256: readDataset(values.dataset) };
  if (gates.length === 0 && values.dataset !== undefined)
    throw usageError(
      '--dataset says on which dataset gates must be passed: name a gate, such as accuracy>=0.9.',
    );
  const entry = await requireOfAlias(bucket, name, { alias, gates, ...dataset, ...decision });
  const on = dataset.datasetSha256
    ? `on the dataset ${dataset.datasetSha256.slice(0, 12)}`
    : 'on any dataset';
  const demand = gates.length === 0 ? 'no gate' : `${gates.join(', ')} ${on}`;
  const said = `${alias} of ${name} ${entry ? 'requires' : 'required before, and requires,'} ${demand}.`;
  stdout.write(`${values.json ? JSON.stringify({ alias, gates, ...dataset, entry }, null, 2) : said}\n`);
}

/** The sha256 of a file, or the one that is given. @throws CliError USAGE */
function readDataset(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  try {
    return digestFile(text).sha256;
  } catch (cause) {
    const message = `--dataset takes a file that can be read, or its sha256, not '${text}'.`;
    throw new CliError('USAGE', message, { cause });
  }
}

/** @throws LifecycleError DATASET_INVALID */
async function readReport(file: string): Promise<Pick<PromoteOptions, 'gates' | 'reportOf'>> {
  const { gates, model } = await readEvaluationReport(file);
  return { gates, reportOf: model.manifestSha256 };
}

function tell(moved: Moved, name: string, json: boolean | undefined, stdout: Terminal['stdout']): void {
  const { alias, before, entry, lately } = moved;
  const now = moved.package ?? 'nothing';
  const was = before === undefined ? 'nothing' : before;
  const done = `${alias} of ${name} means ${now}; it meant ${was}.`;
  const already = lately
    ? `${alias} of ${name} was rolled back to ${now} at ${lately.at} by ${lately.who}; nothing was done. To go back further, say which version to leave: --from.`
    : `${alias} of ${name} means ${now} already; nothing was done.`;
  const said = entry ? done : already;
  stdout.write(`${json ? JSON.stringify(moved, null, 2) : printable(said)}\n`);
}

/** @throws CliError USAGE */
function readShare(text: string): number {
  const share = text.trim() === '' ? Number.NaN : Number(text);
  if (share >= 0 && share <= 1) return share;
  throw usageError(`--share takes a number from 0 to 1, such as 0.05, not '${text}'.`);
}
