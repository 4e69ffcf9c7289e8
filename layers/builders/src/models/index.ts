/** The models of a function: what their packages hold, where they are put, and the layers out of them. */

import { join } from 'node:path';
import type { LayerFile } from '../archive/files.ts';
import { buildLayer, type LayerBuild } from '../archive/layer.ts';
import type { PackageDescription } from './describe.ts';

export { type CatalogEntry, readCatalog } from '@pilotlight/model-format';
export { LAYER_ERROR_CODES, LayerError, type LayerErrorCode } from '../archive/errors.ts';
export { megabytes } from '../archive/files.ts';
export type { LayerBuild } from '../archive/layer.ts';
export {
  type DescribeOptions,
  describePackage,
  type PackageDescription,
  type VariantRef,
} from './describe.ts';
export { explainPlacement } from './explain.ts';
export * from './limits.ts';
export { type Placement, type PlacementProps, PREFERENCES, type Preference, placeModels } from './place.ts';

/** Below /opt, where the functions look for packages (PILOTLIGHT_MODELS_DIR). */
const MODELS_FOLDER = 'models';

/**
 * Builds one layer out of packages below `outdir`, or finds it there when nothing changed: `/opt/models/<name>/<version>/`
 * with what serving the described variant takes. Weights hardly shrink, so the zip only stores.
 *
 * @throws LayerError LAYER_INPUT_CHANGED when a file is no longer what the description says
 */
export function buildModelLayer(packages: readonly PackageDescription[], outdir: string): LayerBuild {
  const [first, ...others] = packages.map(({ name }) => name).sort();
  const name = `models-${first ?? 'none'}${others.length > 0 ? `-and-${others.length}` : ''}`;
  return buildLayer(name, packages.flatMap(packageFiles), outdir, 0);
}

/** Lists the files that serving the described variant takes, below `models/`. */
export function packageFiles({ name, version, folder, files }: PackageDescription): LayerFile[] {
  return files.map((file) => ({
    ...file,
    path: `${MODELS_FOLDER}/${name}/${version}/${file.path}`,
    source: join(folder, file.path),
  }));
}
