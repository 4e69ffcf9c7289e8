/** Finds the files of the project: in a clone of the repository, or where `pilotlight` is installed as a package. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ABOVE = resolve(import.meta.dirname, '../..');
const PACKAGES = 'model-assets/packages';

/** The root of the clone that this file belongs to; nothing where the package is installed elsewhere. */
export const CLONE: string | undefined = existsSync(join(ABOVE, PACKAGES)) ? ABOVE : undefined;

/** The models that an installed `pilotlight` brings. */
const SHIPPED = resolve(import.meta.dirname, '../models');

/** The default of `--packages`, in the words of the help. */
export const PACKAGES_DEFAULT =
  CLONE === undefined
    ? 'PILOTLIGHT_MODELS_DIR, or ./models, or the models that come along'
    : `PILOTLIGHT_MODELS_DIR, or ${PACKAGES}`;

/**
 * The folder of packages: `--packages`, else PILOTLIGHT_MODELS_DIR, else that of the clone, else `models` in the working
 * directory, else the models that come along.
 */
export function packagesFolder(option: string | undefined): string {
  const named = option ?? process.env.PILOTLIGHT_MODELS_DIR;
  if (named !== undefined) return resolve(named);
  if (CLONE !== undefined) return join(CLONE, PACKAGES);
  return existsSync('models') ? resolve('models') : SHIPPED;
}

/** Gives the folder for a new package: that of `packagesFolder`, but never one inside the installed package `pilotlight`. */
export function folderForNewPackages(option: string | undefined): string {
  const folder = packagesFolder(option);
  return folder === SHIPPED ? resolve('models') : folder;
}

/** Gives the folder where layers and bundles are built: `dist` of the clone, else `.pilotlight` in the working directory. */
export function buildFolder(...path: readonly string[]): string {
  return CLONE === undefined ? resolve('.pilotlight', ...path) : join(CLONE, 'dist', ...path);
}
