import { type Collected, collect, whoAmI } from '@pilotlight/lifecycle/registry';
import type { Terminal } from '../../kit/command.ts';
import { wholeNumber } from '../../kit/options.ts';
import { megabytes, table } from '../../kit/table.ts';
import { openRegistry, readName } from './open.ts';
import type { GcLine } from './options.ts';

/** @throws CliError, LifecycleError */
export async function gc({ values, positionals }: GcLine, { stdout }: Terminal): Promise<void> {
  const name = positionals.length === 0 ? undefined : readName(positionals, 'gc');
  const dryRun = values['dry-run'] === true;
  const collected = await collect(openRegistry(values.registry), name, {
    keep: wholeNumber(values.keep, '--keep', 1),
    olderThanDays: wholeNumber(values['older-than'], '--older-than', 0),
    graceHours: wholeNumber(values.grace, '--grace', 1),
    dryRun,
    who: values.who ?? (await whoAmI()),
    ...(values.because !== undefined && { because: values.because }),
  });
  stdout.write(`${values.json ? JSON.stringify(collected, null, 2) : report(collected, dryRun)}\n`);
}

const REASONS = {
  old: 'nothing means it',
  left: 'left by what was interrupted',
} as const satisfies Record<Collected['why'], string>;

function report(collected: readonly Collected[], dryRun: boolean): string {
  if (collected.length === 0) return 'Nothing is to be removed.';
  const columns = [
    { title: dryRun ? 'WOULD BE REMOVED' : 'REMOVED' },
    { title: 'BECAUSE' },
    { title: 'OBJECTS', align: 'right' as const },
    { title: 'BYTES', align: 'right' as const },
    { title: '' },
  ];
  const rows = collected.map(({ package: name, why, objects, bytes, unfinished }) => [
    name,
    REASONS[why],
    `${objects}`,
    megabytes(bytes),
    unfinished ? 'not all of it yet: run it again' : '',
  ]);
  return table(columns, rows);
}
