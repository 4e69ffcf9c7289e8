/** The packages that the local commands serve. */
import { didYouMean, type Engine, type PackageEntry, parseModelRef } from '@pilotlight/engine';
import { asCalled } from './kit/called-as.ts';
import { CliError, usageError } from './kit/errors.ts';

/** Every package of the folder, at least one. @throws CliError NO_MODELS */
export async function listModels(engine: Engine, folder: string): Promise<readonly PackageEntry[]> {
  const entries = await engine.models();
  if (entries.length > 0) return entries;
  throw new CliError(
    'NO_MODELS',
    `There is no model package in ${folder}. Add one with "${asCalled('pilotlight models add --help')}", or name another folder with --packages.`,
  );
}

/** The package that `ref` (`name` or `name@version`) means. @throws CliError USAGE, MODEL_REFUSED */
export function findModel(ref: string, entries: readonly PackageEntry[]): PackageEntry {
  const { name, version } = parseModelRef(ref);
  const found = entries.findLast(
    (entry) => entry.name === name && (version === undefined || entry.version === version),
  );
  if (found?.problem !== undefined) throw new CliError('MODEL_REFUSED', found.problem);
  if (found) return found;
  const names = [
    ...new Set(entries.map((entry) => (version ? `${entry.name}@${entry.version}` : entry.name))),
  ];
  throw usageError(
    `There is no model ${JSON.stringify(ref)}${didYouMean(ref, names)} There are: ${names.join(', ')}.`,
  );
}
