import { join } from 'node:path';
import { digestFile, type PackageFile } from '@pilotlight/model-format';

/** The entry of the manifest for a file of the package in `folder`. */
export async function packageFile(folder: string, path: string): Promise<PackageFile> {
  return { path, ...digestFile(join(folder, path)) };
}
