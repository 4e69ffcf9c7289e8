import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { digestFile } from '@pilotlight/model-format';

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

export function describeFile(path: string, source: string): LayerFile {
  return { path, source, ...digestFile(source) };
}

/** Describes every file of a folder, in the same places below `path`, or at the top where it is empty. */
export function filesBelow(path: string, folder: string): LayerFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((source) =>
      describeFile(
        [...(path === '' ? [] : [path]), ...relative(folder, source).split(sep)].join('/'),
        source,
      ),
    );
}

/** Formats bytes such as `51.3 MB`, in units of 1,000,000 bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
