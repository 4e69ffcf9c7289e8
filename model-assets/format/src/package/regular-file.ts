/** Opens files that others have put there: nothing but the content of a regular file is read, and no call waits for a writer. */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { PilotlightError } from '../errors.ts';

/** Without O_NONBLOCK, to open a FIFO waits until something writes into it. Windows has no such flag, and no such files. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file for reading, and gives its descriptor, which the caller closes. Links are followed.
 *
 * @throws PilotlightError NOT_A_FILE for a directory, a FIFO, a socket or a device; else what `fs` throws
 */
export function openRegularFile(path: string): number {
  const descriptor = openSync(path, READ);
  try {
    requireRegular(fstatSync(descriptor), path);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Gives what `use` makes of the descriptor of an open file, and closes it. @throws what `openRegularFile` and `use` throw */
export function withRegularFile<Result>(path: string, use: (descriptor: number) => Result): Result {
  const descriptor = openRegularFile(path);
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads a whole file of at most `maxBytes`.
 *
 * @throws PilotlightError NOT_A_FILE, FILE_TOO_LARGE; else what `fs` throws
 */
export function readRegularFile(path: string, maxBytes = Number.POSITIVE_INFINITY): Buffer {
  return withRegularFile(path, (descriptor) => {
    const { size } = fstatSync(descriptor);
    if (size <= maxBytes) return readFileSync(descriptor);
    throw new PilotlightError(
      'FILE_TOO_LARGE',
      `${basename(path)} has ${size} bytes; at most ${maxBytes} are read of it.`,
    );
  });
}

/** @throws PilotlightError NOT_A_FILE unless `stats`, of `path`, are those of a regular file */
export function requireRegular(stats: Pick<Stats, 'isFile' | 'isDirectory'>, path: string): void {
  if (stats.isFile()) return;
  const kind = stats.isDirectory() ? 'a folder' : 'a pipe, a socket or a device';
  throw new PilotlightError('NOT_A_FILE', `${basename(path)} is ${kind}, where a file must be.`);
}

/**
 * Gives the path of `file` inside `folder`, all links followed. `folder` may itself be reached over links.
 *
 * @throws PilotlightError OUTSIDE_FOLDER where it leads out of the folder; else what `fs` throws
 */
export function resolveInside(folder: string, file: string): string {
  const path = realpathSync(join(folder, file));
  if (isInside(realpathSync(folder), path)) return path;
  throw new PilotlightError('OUTSIDE_FOLDER', `${file} leads out of its folder. Put the file itself there.`);
}

/** Whether a path lies below a folder, by their names alone: give it paths whose links are followed. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way.split(sep)[0] !== '..' && !isAbsolute(way);
}
