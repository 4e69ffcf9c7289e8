/** A folder of this machine, read as others are. */
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { ToolchainError } from '../../../errors.ts';
import type { RemoteFile } from '../remote-source.ts';
import type { FileTree } from './file-tree.ts';

/** Links in it are not followed. */
export function localTree(folder: string): FileTree {
  const root = resolve(folder);
  const describe = (path: string): RemoteFile => {
    const { size, mtimeMs } = statSync(join(root, path));
    return { path: path.split(sep).join('/'), bytes: size, tag: String(mtimeMs) };
  };
  return {
    host: root,
    async list() {
      if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
        throw new ToolchainError('SOURCE_NOT_FOUND', `There is no folder '${folder}'.`);
      return readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => describe(relative(root, join(parentPath, name))));
    },
    reader: () => ({
      read: async (path, { range, signal }) => ({
        etag: undefined,
        objectBytes: statSync(join(root, path)).size,
        body: createReadStream(join(root, path), { start: range.start, end: range.end - 1, signal }),
      }),
    }),
  };
}
