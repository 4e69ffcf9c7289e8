/** The parts of `summary.json`, which says what became of a file. docs/reference/batch-files.md has the whole of it. */
import type { PackageManifest } from '@pilotlight/engine';
import { type PackageFile, servedFiles } from '@pilotlight/model-format';
import { BatchError, ROW_ERROR_CODES } from '../errors.ts';
import type { Progress } from '../file/parts.ts';

export interface ModelSummary {
  readonly name: string;
  readonly version: string;
  readonly variant: string;
  /** sha256 of every file that the predictions come from. */
  readonly sha256: Readonly<Record<string, string>>;
}

export function modelSummary(model: {
  readonly manifest: PackageManifest;
  readonly variantName: string;
  readonly variant: { readonly files: readonly PackageFile[] };
}): ModelSummary {
  const { manifest, variantName, variant } = model;
  const files =
    manifest.runtime === 'onnx'
      ? [manifest.textProcessing.file, ...variant.files]
      : servedFiles(manifest, { files: [...variant.files] });
  return {
    name: manifest.name,
    version: manifest.version,
    variant: variantName,
    sha256: Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256])),
  };
}

/** The counts of a file up to `progress`. */
export function counts({ parts, position, rowsOut, errors, seconds }: Progress) {
  return {
    parts,
    rowsIn: position.row,
    rowsOut,
    errors,
    seconds: round(seconds),
    rowsPerSecond: seconds > 0 ? round(position.row / seconds) : 0,
  };
}

/** A file of which no row could be read is most likely another kind of file. */
export function refuseUnreadable({ position, errors }: Progress): void {
  const unread = ROW_ERROR_CODES.map((code) => ({ code, rows: errors[code] ?? 0 })).sort(
    (a, b) => b.rows - a.rows,
  );
  const sum = unread.reduce((total, { rows }) => total + rows, 0);
  if (position.row === 0 || sum < position.row) return;
  throw new BatchError(
    'NO_READABLE_ROW',
    `None of ${position.row} rows could be read, most of them for ${unread[0]?.code}.`,
  );
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
