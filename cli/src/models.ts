/** The packages that the local commands serve. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Engine, type PackageEntry, parseModelRef } from '@pilotlight/engine';
import { didYouMean } from '@pilotlight/model-format/errors';
import { LocalError, usageError } from './command.ts';

const DEFAULT_FOLDER = fileURLToPath(new URL('../../model-assets/packages', import.meta.url));

/** `--packages`, else PILOTLIGHT_MODELS_DIR, else the packages of this repository. */
export function packagesFolder(option: string | undefined): string {
  return resolve(option ?? process.env.PILOTLIGHT_MODELS_DIR ?? DEFAULT_FOLDER);
}

/** Every package of the folder, at least one. @throws LocalError NO_MODELS */
export async function listModels(engine: Engine, folder: string): Promise<readonly PackageEntry[]> {
  const entries = await engine.models();
  if (entries.length > 0) return entries;
  throw new LocalError(
    'NO_MODELS',
    `There is no model package in ${folder}. Add one with "npm run models -- add", or name another folder with --packages.`,
  );
}

/** The package that `ref` (`name` or `name@version`) means. @throws LocalError USAGE, MODEL_REFUSED */
export function findModel(ref: string, entries: readonly PackageEntry[]): PackageEntry {
  const { name, version } = parseModelRef(ref);
  const found = entries.findLast(
    (entry) => entry.name === name && (version === undefined || entry.version === version),
  );
  if (found?.problem !== undefined) throw new LocalError('MODEL_REFUSED', found.problem);
  if (found) return found;
  const names = [
    ...new Set(entries.map((entry) => (version ? `${entry.name}@${entry.version}` : entry.name))),
  ];
  throw usageError(
    `There is no model ${JSON.stringify(ref)}${didYouMean(ref, names)} There are: ${names.join(', ')}.`,
  );
}
