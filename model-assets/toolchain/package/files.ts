import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PackageFile } from '@pilotlight/engine/manifest';

/** sha256 in lower-case hexadecimal, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

/** What a manifest says of a file of the package in `folder`. */
export async function packageFile(folder: string, path: string): Promise<PackageFile> {
  const file = join(folder, path);
  return { path, bytes: (await stat(file)).size, sha256: await sha256OfFile(file) };
}

/** Every file below `part` of the package in `folder`, sorted by path. */
export async function packageFiles(folder: string, part: string): Promise<PackageFile[]> {
  const entries = await readdir(join(folder, part), { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  return Promise.all(paths.sort().map((path) => packageFile(folder, path)));
}
