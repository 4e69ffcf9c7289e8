/** How files become a layer: a folder named after their content, with what Lambda mounts and the zip of it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { digestFile, sha256Of, sumOfBytes } from '@pilotlight/model-format';
import * as z from 'zod';
import { LayerError } from './errors.ts';
import type { LayerFile } from './files.ts';
import { type CompressionLevel, reproducibleZip } from './zip.ts';

export interface LayerBuild {
  /** The folder that Lambda mounts at /opt. */
  readonly folder: string;
  /** The same as a zip, to upload. */
  readonly zip: string;
  /** Unzipped, which is what counts against Lambda's limit. */
  readonly bytes: number;
  readonly zippedBytes: number;
  /** The checksum of the zip, in lower-case hexadecimal. */
  readonly sha256: string;
}

const FOLDER = 'opt';
const ZIP = 'layer.zip';
const RECORD = 'build.json';
const recordSchema = z.strictObject({ zippedBytes: z.int(), sha256: z.string() });

/**
 * Writes `<outdir>/<name>-<hash of the files>/`, or finds it there from an earlier build. One rename publishes it, so
 * that several processes may build at once. Throws LAYER_INPUT_CHANGED when a file is no longer what `files` says.
 */
export function buildLayer(
  name: string,
  files: readonly LayerFile[],
  outdir: string,
  level: CompressionLevel,
): LayerBuild {
  const target = resolve(outdir, `${name}-${digestFiles(files).slice(0, 12)}`);
  const existing = earlierBuild(target, files);
  if (existing !== undefined) return existing;
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = mkdtempSync(`${target}.`);
  try {
    write(unfinished, files, level);
    publish(unfinished, target, files);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const built = earlierBuild(target, files);
  if (built !== undefined) return built;
  throw new LayerError('LAYER_INPUT_CHANGED', `${target} was changed while it was built. Build it again.`);
}

/** Digests paths and contents, whatever the order of the files. */
function digestFiles(files: readonly LayerFile[]): string {
  return sha256Of(
    files
      .map(({ path, sha256 }) => `${path}\0${sha256}\n`)
      .sort()
      .join(''),
  );
}

function write(folder: string, files: readonly LayerFile[], level: CompressionLevel): void {
  const contents = new Map<string, Uint8Array>();
  for (const { path, source, sha256 } of files) {
    const content = readFileSync(source);
    if (sha256Of(content) !== sha256) {
      throw new LayerError(
        'LAYER_INPUT_CHANGED',
        `${source} changed while its layer was built. Build again.`,
      );
    }
    const file = join(folder, FOLDER, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    contents.set(path, content);
  }
  const zip = reproducibleZip(contents, level);
  writeFileSync(join(folder, ZIP), zip);
  const record = { zippedBytes: zip.length, sha256: sha256Of(zip) };
  writeFileSync(join(folder, RECORD), `${JSON.stringify(record)}\n`);
}

/** Another process may have published the same layer meanwhile; a folder that is no such layer gives way. */
function publish(unfinished: string, target: string, files: readonly LayerFile[]): void {
  if (earlierBuild(target, files) !== undefined) return;
  rmSync(target, { recursive: true, force: true });
  try {
    renameSync(unfinished, target);
  } catch (error) {
    if (earlierBuild(target, files) === undefined) throw error;
  }
}

/** Finds the layer of `files` in `target`, if it is whole: every file has its size, and the zip its sha256. */
function earlierBuild(target: string, files: readonly LayerFile[]): LayerBuild | undefined {
  const [folder, zip, record] = [join(target, FOLDER), join(target, ZIP), join(target, RECORD)];
  if (!existsSync(record) || !existsSync(zip)) return undefined;
  const parsed = recordSchema.safeParse(parseJson(readFileSync(record, 'utf8')));
  const whole = files.every(
    ({ path, bytes }) => statSync(join(folder, path), { throwIfNoEntry: false })?.size === bytes,
  );
  if (!parsed.success || !whole || digestFile(zip).sha256 !== parsed.data.sha256) return undefined;
  return { folder, zip, bytes: sumOfBytes(files), ...parsed.data };
}

/** Parses a record. Broken JSON is no record, so the layer is built again. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
