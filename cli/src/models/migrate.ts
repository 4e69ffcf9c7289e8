import type { MigrateResult } from '@pilotlight/lifecycle';
import { migratePackage } from '@pilotlight/lifecycle/internal/migrate/migrate-package';
import { modelVersionSchema } from '@pilotlight/model-format';
import { selectPackages } from '@pilotlight/toolchain/internal/package/packages-folder';
import { packagesFolder } from '../clone.ts';
import type { Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import type { MigrateLine } from './migrate-options.ts';

/** @throws CliError USAGE; EngineError and ToolchainError for a package that is not proven */
export async function migrate(
  { values, positionals }: MigrateLine,
  { stdout }: Terminal,
): Promise<undefined> {
  const [selection, more] = positionals;
  if (selection === undefined || selection === 'all' || more !== undefined)
    throw usageError('migrate takes one package, such as sentiment@1.0.1.');
  const { to } = values;
  if (to !== undefined && !modelVersionSchema.safeParse(to).success)
    throw usageError(`--to takes a version such as 1.1.0, not '${to}'.`);
  const packages = packagesFolder(values.packages);
  const entries = await selectPackages(packages, selection);
  const [entry] = entries;
  if (entry === undefined || entries.length > 1)
    throw usageError(`Name the version to migrate: ${selection} has ${entries.length}.`);
  const result = await migratePackage(packages, entry, to === undefined ? {} : { version: to });
  stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : report(result));
}

function report({ from, to, changes, left }: MigrateResult): string {
  const old = `${from.name}@${from.version}`;
  if (!to) return `${old} is as a package of today: there is nothing to do.\n`;
  const lines = [
    `${to.name}@${to.version} is ${old} as it would be made today, because`,
    ...changes.map((change) => `  - ${change}`),
    ...left.map((file) => `${file} stays with ${old}, because it is about that package: make it again.`),
  ];
  return `${lines.join('\n')}\n`;
}
