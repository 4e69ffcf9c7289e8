/**
 * The package of a Lambda web function: the bundle of the server at its top, the native packages for arm64 in `node_modules/`, and
 * models in `models/`. A web function takes no layers, so that its code brings all of it. ADR-web-package.md has the reasons.
 */
import { LayerError } from '../archive/errors.ts';
import { describeFile, filesBelow, type LayerFile, megabytes } from '../archive/files.ts';
import { writeFolder } from '../archive/folder.ts';
import { type PackageDescription, packageFiles } from '../models/index.ts';
import { runtimeFiles } from '../runtime/index.ts';

/** "The package at most 512 MB unzipped", in AWS's MB of 1,048,576 bytes. */
export const WEB_PACKAGE_LIMIT_BYTES = 512 * 1_048_576;

/** The file that the web function starts: `entryPoint` of the construct. */
export const WEB_ENTRY_POINT = 'index.mjs';

/** The module with a team's code around models of archives, in the folder of the package: PILOTLIGHT_PREDICTORS. */
export const WEB_PREDICTORS = 'predictors.mjs';

export interface WebPackageOptions {
  /** Models that the package brings, each in the variant that it was described with. */
  readonly models: readonly PackageDescription[];
  /** Folder of the bundle `web`, with `index.mjs` at its top. */
  readonly bundle: string;
  /** Folder that the package is written below. */
  readonly outdir: string;
  /** A module with code around models of archives. @default - there is none */
  readonly predictors?: string;
}

export interface WebPackage {
  /** Named after its content. */
  readonly folder: string;
  /** Unzipped, which is what counts against the limit. */
  readonly bytes: number;
  readonly entryPoint: typeof WEB_ENTRY_POINT;
}

/**
 * Writes the package, or finds it there from before.
 *
 * @throws LayerError NATIVE_PACKAGE_MISSING, NATIVE_BINARY_WRONG, PLACEMENT_IMPOSSIBLE above 512 MB
 */
export function buildWebPackage({ models, bundle, outdir, predictors }: WebPackageOptions): WebPackage {
  const entries: LayerFile[] = [
    ...filesBelow('.', bundle).map((file) => ({ ...file, path: file.path.replace(/^\.\//, '') })),
    ...runtimeFiles('arm64').map((file) => ({ ...file, path: file.path.replace(/^nodejs\//, '') })),
    ...models.flatMap(packageFiles),
    ...(predictors === undefined ? [] : [describeFile(WEB_PREDICTORS, predictors)]),
  ];
  const bytes = entries.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes > WEB_PACKAGE_LIMIT_BYTES) {
    throw new LayerError(
      'PLACEMENT_IMPOSSIBLE',
      `The package of the web function has ${megabytes(bytes)}, and Lambda takes ${megabytes(WEB_PACKAGE_LIMIT_BYTES)} unzipped. ` +
        'Divide the models among several functions, serve smaller variants of them (int8), or let a container serve them.',
      { details: { bytes, limit: WEB_PACKAGE_LIMIT_BYTES } },
    );
  }
  return { folder: writeFolder('web', entries, outdir), bytes, entryPoint: WEB_ENTRY_POINT };
}
