/** How files become a folder that is named after their content, such as the build context of a container image. */
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { sha256Of } from '@pilotlight/model-format';
import type { LayerFile } from './files.ts';

/** A copy, a text that is written, or a link; `path` has forward slashes. */
export type FolderEntry =
  | LayerFile
  | { readonly path: string; readonly content: string }
  | { readonly path: string; readonly link: string };

/** Other users than the one that wrote the folder must be able to read it, because a container has a user of its own. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/**
 * Writes `<outdir>/<name>-<hash of the entries>/`, or finds it there. One rename publishes it, so that several
 * processes may do so at once.
 */
export function writeFolder(name: string, entries: readonly FolderEntry[], outdir: string): string {
  const target = resolve(outdir, `${name}-${digestEntries(entries).slice(0, 12)}`);
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = mkdtempSync(`${target}.`);
  try {
    for (const entry of entries) write(unfinished, entry);
    chmodSync(unfinished, FOLDER_MODE);
    renameSync(unfinished, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return target;
}

function write(folder: string, entry: FolderEntry): void {
  const file = join(folder, entry.path);
  const made = mkdirSync(dirname(file), { recursive: true });
  for (let at = dirname(file); made !== undefined && at.length >= made.length; at = dirname(at)) {
    chmodSync(at, FOLDER_MODE);
  }
  if ('link' in entry) {
    symlinkSync(entry.link, file);
    return;
  }
  if ('content' in entry) writeFileSync(file, entry.content);
  else copyFileSync(entry.source, file, constants.COPYFILE_FICLONE);
  chmodSync(file, FILE_MODE);
}

function digestEntries(entries: readonly FolderEntry[]): string {
  const lines = entries.map((entry) => {
    if ('link' in entry) return `${entry.path}\0link ${entry.link}\n`;
    return `${entry.path}\0${'content' in entry ? sha256Of(entry.content) : entry.sha256}\n`;
  });
  return sha256Of(lines.sort().join(''));
}
