import { readRecord } from '@pilotlight/lifecycle/registry';
import type { RegistryAction, RegistryEntry } from '@pilotlight/model-format/registry';
import { EXIT, type Terminal } from '../../kit/command.ts';
import { megabytes, table } from '../../kit/table.ts';
import { openRegistry, readName } from './open.ts';
import type { HistoryLine } from './options.ts';

/** Gives the exit code 1 where the registry knows nothing of the model. @throws CliError, LifecycleError */
export async function history({ values, positionals }: HistoryLine, { stdout }: Terminal): Promise<number> {
  const name = readName(positionals, 'history');
  const bucket = openRegistry(values.registry);
  const record = await readRecord(bucket, name);
  const isEmpty = record.history.length === 0;
  if (values.json) stdout.write(`${JSON.stringify(record, null, 2)}\n`);
  else if (isEmpty) stdout.write(`${bucket.address} knows nothing of ${name}.\n`);
  else stdout.write(`${historyTable(record.history)}\n\n${aliasTable(record.aliases)}\n`);
  return isEmpty ? EXIT.failed : EXIT.ok;
}

function historyTable(entries: readonly RegistryEntry[]): string {
  const titles = ['WHEN (UTC)', 'WHO', 'DID', 'GATES', 'BECAUSE'].map((title) => ({ title }));
  return table(
    titles,
    entries.map(({ at, who, did, because = '' }) => [
      at.slice(0, 19).replace('T', ' '),
      who,
      describe(did),
      gatesOf(did),
      because,
    ]),
  );
}

function describe(did: RegistryAction): string {
  switch (did.action) {
    case 'push':
      return `push ${did.version} (${megabytes(did.bytes)}, ${did.manifestSha256.slice(0, 12)})`;
    case 'promote':
    case 'rollback':
      return `${did.action} ${did.alias} to ${did.version}${shareText(did.share)}`;
    case 'retire':
      return `retire ${did.alias}`;
    case 'remove':
      return `remove ${did.version}`;
    case 'require':
      return `require of ${did.alias}: ${did.gates.join(', ') || 'nothing'}${datasetText(did.datasetSha256)}`;
  }
}

function gatesOf(did: RegistryAction): string {
  if (did.action !== 'promote' && did.action !== 'rollback') return '';
  return did.gates
    .map(
      ({ gate, value, dataset }) =>
        `${gate} (${value === undefined ? '?' : Number(value.toPrecision(4))} on ${dataset.name})`,
    )
    .join(', ');
}

function aliasTable(
  aliases: Readonly<Record<string, { version: string; share?: number | undefined }>>,
): string {
  const rows = Object.entries(aliases).map(([alias, { version, share }]) => [
    alias,
    `${version}${shareText(share)}`,
  ]);
  return rows.length === 0
    ? 'No alias means anything.'
    : table([{ title: 'ALIAS' }, { title: 'MEANS' }], rows);
}

function datasetText(sha256: string | undefined): string {
  return sha256 === undefined ? '' : ` on ${sha256.slice(0, 12)}`;
}

function shareText(share: number | undefined): string {
  return share === undefined ? '' : `, ${100 * share} % of the calls of prod`;
}
