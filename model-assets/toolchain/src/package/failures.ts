/** Errors of the machine, in words that say what to do. */
import { statfsSync } from 'node:fs';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { findCode } from '@pilotlight/model-format/internal/package/system';
import { ToolchainError } from '../errors.ts';

/** Codes of the file system, in words, with what to do about them. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room on it',
  EDQUOT: 'the quota of this user is used up. Make room',
  EROFS: 'the disk can only be read',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  ENOENT: 'it is not there',
  ENOTDIR: 'a file is where a folder should be',
  EEXIST: 'a file is where a folder should be',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links lead round in a circle',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n)',
  EIO: 'the disk does not work',
};

/** Less room than this, and a write that failed without a reason has failed for want of it. */
const FULL_BYTES = 2 ** 20;

/**
 * The error to show for one that came while a package was written into `packages`. Libraries that write files, such as ONNX Runtime, do not
 * say that the disk is full; so its room is looked at.
 */
export function explainFailure(error: unknown, packages: string): unknown {
  const code = findCode(error) ?? '';
  const isOurs = PilotlightError.is(error);
  if (error instanceof RangeError) {
    return new ToolchainError(
      'SOURCE_UNSUPPORTED',
      `The source is too large to be packaged: ${error.message}.`,
      { cause: error },
    );
  }
  if (isOurs && code !== 'OPTIMISE_FAILED' && code !== 'GRAPH_INVALID') return shortened(error);
  if (!isOurs && Object.hasOwn(REASONS, code))
    return failed(placeOf(error) ?? packages, REASONS[code] ?? code, error);
  return isFull(packages) || hasNotWritten(error) ? failed(packages, REASONS.ENOSPC ?? code, error) : error;
}

/** A source chooses the names of its labels, keys and tensors: a message does not repeat a million characters of them. */
const MOST_CHARACTERS = 1000;

function shortened(error: PilotlightError): PilotlightError {
  const { code, message, details } = error;
  if (message.length <= MOST_CHARACTERS) return error;
  return new PilotlightError(code, `${message.slice(0, MOST_CHARACTERS)}...`, { details, cause: error });
}

function placeOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error ? String(error.path).slice(0, 300) : undefined;
}

function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < FULL_BYTES;
  } catch {
    // The folder is gone, or this system cannot say it: then its room explains nothing.
    return false;
  }
}

/** ONNX Runtime's words, which it gives no reason to. */
function hasNotWritten(error: unknown): boolean {
  return error instanceof Error && /Failed to write external initializers/.test(error.message);
}

function failed(place: string, reason: string, cause: unknown): ToolchainError {
  return new ToolchainError('STORAGE_FAILED', `${place} cannot be read or written: ${reason}.`, {
    cause,
  });
}
