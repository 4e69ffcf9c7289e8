import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * Finds a file that lies in `folder` of a package, or below it, and that is none of `known`: the paths that its manifest names. Gives
 * its path in the package, whose folder is `root`; links count as files.
 */
export async function findOtherFile(
  root: string,
  known: ReadonlySet<string>,
  folder = '.',
): Promise<string | undefined> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .find((path) => !known.has(path));
}
