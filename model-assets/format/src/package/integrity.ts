/** Whether a file is the one that a manifest names. */
import { createHash } from 'node:crypto';
import { EngineError } from '../errors.ts';
import type { PackageFile } from '../manifest/common.ts';
import { formatModelRef, type ResolvedRef } from '../ref/model-ref.ts';

export interface FileDigest {
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Size and sha256 of a file, read in pieces. Throws what `fs` throws, and for anything but a regular file, as `openRegularFile` does.
 *
 * It is synchronous, because constructs of the CDK are. Where that would hold up others, a worker thread runs it from its
 * source text: so it refers to nothing outside itself.
 */
export function digestFile(path: string): FileDigest {
  const { createHash: create } = process.getBuiltinModule('node:crypto');
  const { closeSync, constants, fstatSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const hash = create('sha256');
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('It is a folder, a pipe or a device, where a file must be.');
    const chunk = Buffer.allocUnsafe(Math.min(1_048_576, stats.size + 1));
    let bytes = 0;
    for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, read));
      bytes += read;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    closeSync(file);
  }
}

/**
 * Why `found` is not the file that the manifest names, in words that follow "Model x is refused:"; undefined where it is.
 * Without a sha256 only the size is compared.
 */
export function findFault(
  { path, bytes, sha256 }: PackageFile,
  found: { readonly bytes: number; readonly sha256?: string | undefined } | undefined,
): string | undefined {
  if (found === undefined) return `${path} is missing`;
  if (found.bytes !== bytes) return `${path} has ${found.bytes} bytes instead of ${bytes}`;
  const differs = found.sha256 !== undefined && found.sha256 !== sha256;
  return differs ? `the sha256 of ${path} differs from the manifest` : undefined;
}

/** The error of a package whose files are not those of its manifest. */
export function corrupt(
  { name, version }: ResolvedRef,
  reason: string,
  { remedy = 'Restore the package.', cause }: { readonly remedy?: string; readonly cause?: unknown } = {},
): EngineError {
  const model = formatModelRef({ name, version });
  return new EngineError('PACKAGE_CORRUPT', `Model ${model} is refused: ${reason}. ${remedy}`, {
    details: { model: name, version },
    cause,
  });
}
