import { join } from 'node:path';
import { PREFERENCES, type Preference } from '@pilotlight/layers/internal/models/index';
import { ARCHITECTURES, type Architecture } from '@pilotlight/layers/internal/runtime/index';
import { buildFolder, packagesFolder } from '../clone.ts';
import { usageError } from '../kit/errors.ts';
import { chooseOne } from '../kit/options.ts';
import type { LayersLine } from './line.ts';

export interface Options {
  readonly architecture: Architecture;
  /** `name` or `name@version`; undefined for those of the catalog. */
  readonly models: readonly string[] | undefined;
  readonly prefer: Preference | undefined;
  readonly packages: string;
  readonly catalog: string;
  readonly output: string;
  readonly json: boolean;
}

/** @throws CliError USAGE */
export function layersOptions({ values, positionals }: LayersLine): Options {
  if (positionals.length > 0) throw usageError(`There is no argument to take, but got '${positionals[0]}'.`);
  const { arch, models, prefer, catalog, output = buildFolder('layers'), json = false } = values;
  const packages = packagesFolder(values.packages);
  return {
    architecture: chooseOne(ARCHITECTURES, arch, '--arch'),
    models: models === undefined ? undefined : listed(models),
    prefer: prefer === undefined ? undefined : chooseOne(PREFERENCES, prefer, '--prefer'),
    packages,
    catalog: catalog ?? join(packages, '../catalog.json'),
    output,
    json,
  };
}

function listed(models: string): string[] {
  const refs = models.split(',').map((ref) => ref.trim());
  if (refs.some((ref) => ref === '')) {
    throw usageError(
      `--models takes names with commas between them, such as sentiment,intent, not '${models}'.`,
    );
  }
  return refs;
}
