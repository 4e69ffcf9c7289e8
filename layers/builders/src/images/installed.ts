/** Finds installed npm packages as Node would, wherever npm, pnpm or a workspace has put them. */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import * as z from 'zod';
import { LayerError } from '../archive/errors.ts';

export interface InstalledPackage {
  /** Where it lies in the image, such as `node_modules/sharp`. */
  readonly place: string;
  /** Where it lies on this machine. */
  readonly folder: string;
}

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

/**
 * Folder of the package `name` as the module or folder `from` gets it.
 *
 * @throws LayerError IMAGE_INPUT_MISSING
 */
export function installedFolder(name: string, from: string = import.meta.url): string {
  const manifest = findManifest(name, from);
  if (manifest !== undefined) return dirname(manifest);
  throw new LayerError(
    'IMAGE_INPUT_MISSING',
    `The image needs the npm package ${name}, which is not installed. Install it: npm install --ignore-scripts ${name}`,
  );
}

/**
 * The packages `names` and all that they depend on, without `leftOut`. A second version of a package lies below the one that
 * depends on it, as npm would install it.
 *
 * @throws LayerError IMAGE_INPUT_MISSING
 */
export function installedWithDependencies(
  names: readonly string[],
  leftOut: ReadonlySet<string>,
): readonly InstalledPackage[] {
  const folders = new Map<string, string>();
  const add = (name: string, from: string, parent: string): void => {
    if (leftOut.has(name)) return;
    const folder = installedFolder(name, from);
    const top = `node_modules/${name}`;
    const place = (folders.get(top) ?? folder) === folder ? top : `${parent}/${top}`;
    if (folders.has(place)) return;
    folders.set(place, folder);
    const manifest = `${folder}/package.json`;
    const { dependencies } = manifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    for (const dependency of Object.keys(dependencies)) add(dependency, manifest, place);
  };
  for (const name of names) add(name, import.meta.url, '');
  return [...folders].map(([place, folder]) => ({ place, folder })).sort(byPlace);
}

const byPlace = (left: InstalledPackage, right: InstalledPackage) => (left.place < right.place ? -1 : 1);

function findManifest(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, from);
  } catch {
    return undefined;
  }
}
