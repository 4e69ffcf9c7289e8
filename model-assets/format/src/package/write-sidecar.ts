/** Puts a file beside the manifest of a package. */
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SidecarFile } from './sidecars.ts';

/**
 * Writes a sidecar of a package, in place of one that was there; whoever reads meanwhile finds the one or the other, whole. It is put
 * together beside the folder, because a file that nobody knows makes a package refused.
 *
 * @param folder - of the package, which has its model.json
 * @returns the path of the file
 * @throws the error of the file system
 */
export async function writeSidecar(
  folder: string,
  file: SidecarFile,
  content: string | Buffer,
): Promise<string> {
  const path = join(folder, file);
  const arriving = join(dirname(folder), `.${basename(folder)}.${file}.${process.pid}`);
  try {
    const handle = await open(arriving, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(arriving, path);
  } finally {
    await rm(arriving, { force: true });
  }
  return path;
}
