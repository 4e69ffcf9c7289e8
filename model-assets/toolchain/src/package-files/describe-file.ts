import { join } from 'node:path';
import { digestFile, type PackageFile } from '@pilotlight/model-format';

/** Gives the entry of a manifest for the file at `path` of `folder`. Throws what `fs` throws. */
export function describeFile(folder: string, path: string): PackageFile {
  return { path, ...digestFile(join(folder, path)) };
}
