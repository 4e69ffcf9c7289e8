/** The package store on a folder: `<folder>/<name>/<version>/model.json`. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  besideFiles,
  compareVersions,
  corrupt,
  findChecksum,
  findFault,
  findOtherFile,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  MAX_SIDECAR_BYTES,
  modelNameSchema,
  modelVersionSchema,
  type PackageManifest,
  packageFiles,
  parseManifest,
  readRegularFile,
  refused,
  requireRegular,
  resolveInside,
  SIDECAR_FILES,
  type SidecarFile,
  servedFiles,
  sidecarFiles,
} from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import type {
  ModelPackage,
  ModelRef,
  PackageEntry,
  PackageStore,
  ResolvedRef,
  ServedFiles,
} from '../ports.ts';
import { digestFiles } from './digest-files.ts';
import { packageEntry } from './package-entry.ts';
import { resolveAmong } from './resolve-among.ts';

export interface FolderStoreOptions {
  /**
   * The check that `verify` makes against the manifest: the sha256 of every file, or nothing more than the sizes, for storage
   * that cannot change and has been verified. See ADR-integrity.md. @default 'sha256'
   */
  readonly verify?: 'sha256' | 'size';
}

/**
 * Packages in a folder, `<folder>/<name>/<version>/model.json`.
 *
 * @example
 * const engine = new Engine({ packages: new FolderStore('/opt/models', { verify: 'size' }) });
 */
export class FolderStore implements PackageStore {
  readonly #folder: string;
  readonly #verify: 'sha256' | 'size';

  constructor(folder: string, { verify = 'sha256' }: FolderStoreOptions = {}) {
    this.#folder = folder;
    this.#verify = verify;
  }

  async list(): Promise<readonly PackageEntry[]> {
    return Promise.all((await this.#refs()).map((ref) => packageEntry(this, ref)));
  }

  async resolve(ref: ModelRef): Promise<ResolvedRef> {
    return resolveAmong(ref, await this.#refs());
  }

  async open(ref: ResolvedRef): Promise<ModelPackage> {
    const folder = join(this.#folder, ref.name, ref.version);
    const manifest = await readManifest(folder, ref);
    return new FolderPackage(folder, manifest, this.#verify);
  }

  async sidecar(ref: ResolvedRef, file: SidecarFile): Promise<string | undefined> {
    return readSidecar(join(this.#folder, ref.name, ref.version), ref, file);
  }

  /** By name, versions in ascending order. */
  async #refs(): Promise<readonly ResolvedRef[]> {
    const names = (await folders(this.#folder)).filter((name) => modelNameSchema.safeParse(name).success);
    const refs = await Promise.all(
      names.sort().map(async (name) => (await this.#versions(name)).map((version) => ({ name, version }))),
    );
    return refs.flat();
  }

  async #versions(name: string): Promise<string[]> {
    const versions = await folders(join(this.#folder, name));
    return versions.filter((version) => modelVersionSchema.safeParse(version).success).sort(compareVersions);
  }
}

class FolderPackage implements ModelPackage {
  readonly manifest: PackageManifest;
  readonly #folder: string;
  readonly #verify: 'sha256' | 'size';

  constructor(folder: string, manifest: PackageManifest, verify: 'sha256' | 'size') {
    this.#folder = folder;
    this.#verify = verify;
    this.manifest = manifest;
  }

  path(file: string): string {
    return join(this.#folder, file);
  }

  async checkSizes(variant: ServedFiles): Promise<void> {
    for (const file of servedFiles(this.manifest, variant)) {
      const found = await this.#stat(file.path);
      this.#require(findFault(file, found && { bytes: found.size }));
    }
    await this.#refuseOtherFiles(variant);
  }

  async verify(variant: ServedFiles): Promise<void> {
    if (this.#verify === 'size') return;
    const beside = besideFiles(this.manifest).filter(({ path }) => existsSync(this.path(path)));
    const files = [...servedFiles(this.manifest, variant), ...beside];
    const digests = await digestFiles(files.map(({ path }) => this.path(path))).catch((cause: unknown) => {
      throw corrupt(this.manifest, 'a file cannot be read', { cause });
    });
    for (const [index, file] of files.entries()) this.#require(findFault(file, digests[index]));
  }

  /** Nothing where there is no such file. @throws EngineError PACKAGE_CORRUPT where it is none, or lies outside the package */
  async #stat(file: string) {
    try {
      const found = await stat(resolveInside(this.#folder, file));
      requireRegular(found, file);
      return found;
    } catch (cause) {
      if (!PilotlightError.is(cause)) return undefined;
      throw corrupt(this.manifest, cause.message.replace(/\.$/, ''), { cause });
    }
  }

  /**
   * A graph reads weights from the folder that it lies in, and transformers.js whatever it finds in the whole package. A file that
   * is there and that the manifest does not name would be served without ever having been compared.
   */
  async #refuseOtherFiles(variant: ServedFiles): Promise<void> {
    const known = new Set([
      MANIFEST_FILE,
      ...sidecarFiles,
      ...packageFiles(this.manifest).map(({ path }) => path),
    ]);
    const graphs = Object.values(variant.graphs ?? {}).filter((graph) => graph !== undefined);
    const folders = graphs.map(({ file }) => dirname(file));
    for (const folder of variant.graphs ? new Set(folders) : ['.']) {
      const other = await findOtherFile(this.#folder, known, folder);
      this.#require(other && `it holds ${other}, which its manifest does not name`);
    }
  }

  /** @throws EngineError PACKAGE_CORRUPT where there is a fault */
  #require(fault: string | undefined): void {
    if (fault !== undefined) throw corrupt(this.manifest, fault);
  }
}

async function readManifest(folder: string, ref: ResolvedRef): Promise<PackageManifest> {
  const manifest = parseManifest(readText(folder, ref), ref);
  const measured = readSidecar(folder, ref, SIDECAR_FILES.measured);
  if (measured !== undefined) {
    const { addFigures, parseMeasured } = await import('@pilotlight/model-format/internal/package/measured');
    const figures = parseMeasured(measured, ref, findChecksum(manifest));
    if (figures) addFigures(manifest, figures);
  }
  return manifest;
}

/** Nothing where there is no such file. @throws EngineError PACKAGE_CORRUPT where it is none that can be read */
function readSidecar(folder: string, ref: ResolvedRef, file: SidecarFile): string | undefined {
  try {
    return readRegularFile(resolveInside(folder, file), MAX_SIDECAR_BYTES).toString();
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw corrupt(ref, `its ${file} cannot be read`, { cause });
  }
}

function readText(folder: string, ref: ResolvedRef): string {
  try {
    return readRegularFile(resolveInside(folder, MANIFEST_FILE), MAX_MANIFEST_BYTES).toString();
  } catch (cause) {
    const reason = PilotlightError.is(cause) ? 'cannot be read' : 'is missing';
    throw refused(ref, `its ${MANIFEST_FILE} ${reason}`, cause);
  }
}

async function folders(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const isFolder = await Promise.all(
      entries.map((entry) =>
        entry.isSymbolicLink() ? leadsToFolder(join(path, entry.name)) : entry.isDirectory(),
      ),
    );
    return entries.filter((_, index) => isFolder[index]).map(({ name }) => name);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

async function leadsToFolder(link: string): Promise<boolean> {
  const found = await stat(link).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
