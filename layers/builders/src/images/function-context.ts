/** The build context of a function's image: Dockerfile, `function/` with its bundle, and `opt/` with what layers would bring. */
import { join } from 'node:path';
import { describeFile, filesBelow, type LayerFile } from '../archive/files.ts';
import { writeFolder } from '../archive/folder.ts';
import { type PackageDescription, packageFiles } from '../models/index.ts';
import { type Architecture, runtimeFiles } from '../runtime/index.ts';

export interface FunctionContextOptions {
  /** Models that the image has. */
  readonly packages: readonly PackageDescription[];
  readonly architecture: Architecture;
  /** Folder of the bundle. */
  readonly bundle: string;
  /** Folder that the context is written below. */
  readonly outdir: string;
}

/**
 * Writes the context, or finds it there from before, and gives its folder, which is named after its content.
 *
 * @throws LayerError NATIVE_PACKAGE_MISSING, NATIVE_BINARY_WRONG
 */
export function buildFunctionContext({
  packages,
  architecture,
  bundle,
  outdir,
}: FunctionContextOptions): string {
  const mounted = [...runtimeFiles(architecture), ...packages.flatMap(packageFiles)];
  const entries: LayerFile[] = [
    describeFile('Dockerfile', join(import.meta.dirname, 'function.Dockerfile')),
    ...filesBelow('function', bundle),
    ...mounted.map((file) => ({ ...file, path: `opt/${file.path}` })),
  ];
  return writeFolder('function', entries, outdir);
}
