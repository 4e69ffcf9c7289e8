/** Names a module that a thread or a process starts from, and that lies beside the module that names it. */
import { extname } from 'node:path';

/**
 * The extension is that of the module that asks, because the same source runs as `.ts` in the repository, as `.js` in an
 * installed package and as `.mjs` in a bundle. A bundler must be given the sibling as an entry of its own.
 */
export function siblingModule(name: string, importedFrom: string): URL {
  return new URL(`./${name}${extname(new URL(importedFrom).pathname)}`, importedFrom);
}
