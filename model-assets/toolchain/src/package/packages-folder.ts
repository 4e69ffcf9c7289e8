import { EngineError, FolderStore, type PackageEntry, parseModelRef } from '@pilotlight/engine';

/**
 * The packages that `selection` names: `all`, `name` (its highest version) or `name@version`. Throws
 * MODEL_NOT_FOUND.
 */
export async function selectPackages(packages: string, selection: string): Promise<readonly PackageEntry[]> {
  const store = new FolderStore(packages);
  const entries = await store.list();
  if (selection === 'all') {
    if (entries.length > 0) return entries;
    throw new EngineError('MODEL_NOT_FOUND', `There is no package in ${packages}.`);
  }
  const { name, version } = await store.resolve(parseModelRef(selection));
  return entries.filter((entry) => entry.name === name && entry.version === version);
}
