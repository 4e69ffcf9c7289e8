import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A file of a layer: where it comes from, and where below /opt it will be. */
export interface LayerFile {
  /** Inside the layer, with forward slashes. */
  readonly path: string;
  /** On this machine. */
  readonly source: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

const CHUNK_BYTES = 1 << 20;

/** Size and sha256 (lower-case hexadecimal) of a file, read in pieces. Throws what `fs` throws. */
export function digestOf(path: string): { bytes: number; sha256: string } {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, fstatSync(file).size + 1));
  try {
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

export function fileOf(path: string, source: string): LayerFile {
  return { path, source, ...digestOf(source) };
}

/** Every file of a folder, in the same places below `path`. */
export function filesBelow(path: string, folder: string): LayerFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((source) => fileOf([path, ...relative(folder, source).split(sep)].join('/'), source));
}

export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

export function sumOfBytes(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** `51.3 MB`, in units of 1,000,000 bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
