/** Finds out whether a file of a source may be read: hostile folders hold pipes, devices, and links to files of others. */
import { readSync, realpathSync } from 'node:fs';
import { withRegularFile } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { isInside } from '@pilotlight/model-format/internal/package/regular-file';
import { findCode } from '@pilotlight/model-format/internal/package/system';
import { ToolchainError } from '../errors.ts';

/** The caches of the Hugging Face Hub keep each file once, in `blobs`, and link to it from the folder of each revision. */
const CACHED = /[\\/]models--[^\\/]+[\\/]blobs[\\/][0-9a-f]{40,64}$/;

const GIT_LFS_POINTER = 'version https://git-lfs';

/**
 * Throws SOURCE_INVALID unless `path` is a file with content that may be read; `name` is how messages call it. Links lead to it only inside of
 * `roots` or into a cache of the Hugging Face Hub (ADR-links.md).
 */
export function checkFile(path: string, name: string, roots: readonly string[]): void {
  try {
    const real = realpathSync(path);
    if (!roots.some((root) => isInside(realpathSync(root), real)) && !CACHED.test(real)) {
      throw invalid(
        `${name} is a link that leads out of the folder, and is not followed. Put the file itself there.`,
      );
    }
    if (readStart(real, GIT_LFS_POINTER.length) === GIT_LFS_POINTER) {
      throw invalid(
        `${name} is the pointer that Git LFS leaves in place of a large file. Fetch the file: git lfs pull.`,
      );
    }
  } catch (error) {
    if (error instanceof ToolchainError) throw error;
    throw invalid(explain(error, name), error);
  }
}

function readStart(path: string, bytes: number): string {
  const start = Buffer.alloc(bytes);
  return withRegularFile(path, (file) => start.toString('latin1', 0, readSync(file, start)));
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  ELOOP: 'its links lead round in a circle',
  ENOENT: 'it is a link to a file that is not there',
};

/** `error` is what `fs` threw, or withRegularFile. */
function explain(error: unknown, name: string): string {
  if (PilotlightError.is(error)) return `${name} is a folder, a pipe or a device, where a file must be.`;
  const code = findCode(error) ?? '';
  return `${name} cannot be read: ${REASONS[code] ?? code}.`;
}

function invalid(message: string, cause?: unknown): ToolchainError {
  return new ToolchainError('SOURCE_INVALID', message, { cause });
}
