/** The package store on a folder: `<folder>/<name>/<version>/model.json`. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compareVersions,
  corrupt,
  findFault,
  MANIFEST_FILE,
  modelNameSchema,
  modelVersionSchema,
  type PackageManifest,
  parseManifest,
  refused,
  servedFiles,
} from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import type {
  ModelPackage,
  ModelRef,
  PackageEntry,
  PackageStore,
  ResolvedRef,
  ServedFiles,
} from '../ports.ts';
import { digestFiles } from './digest-files.ts';
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
    return Promise.all((await this.#refs()).map((ref) => this.#entry(ref)));
  }

  async resolve(ref: ModelRef): Promise<ResolvedRef> {
    return resolveAmong(ref, await this.#refs());
  }

  async open(ref: ResolvedRef): Promise<ModelPackage> {
    const folder = join(this.#folder, ref.name, ref.version);
    const manifest = await readManifest(folder, ref);
    return new FolderPackage(folder, manifest, this.#verify);
  }

  async #entry(ref: ResolvedRef): Promise<PackageEntry> {
    try {
      return { ...ref, manifest: (await this.open(ref)).manifest };
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      return { ...ref, problem: error.message };
    }
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
    await Promise.all(
      servedFiles(this.manifest, variant).map(async (file) => {
        const found = await stat(this.path(file.path)).catch(() => undefined);
        this.#require(findFault(file, found && { bytes: found.size }));
      }),
    );
  }

  async verify(variant: ServedFiles): Promise<void> {
    if (this.#verify === 'size') return;
    const files = servedFiles(this.manifest, variant);
    const digests = await digestFiles(files.map(({ path }) => this.path(path))).catch((cause: unknown) => {
      throw corrupt(this.manifest, 'a file cannot be read', { cause });
    });
    for (const [index, file] of files.entries()) this.#require(findFault(file, digests[index]));
  }

  /** @throws EngineError PACKAGE_CORRUPT where there is a fault */
  #require(fault: string | undefined): void {
    if (fault !== undefined) throw corrupt(this.manifest, fault);
  }
}

async function readManifest(folder: string, ref: ResolvedRef): Promise<PackageManifest> {
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch((cause: unknown) => {
    throw refused(ref, `its ${MANIFEST_FILE} is missing`, cause);
  });
  return parseManifest(text, ref);
}

async function folders(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return [];
    throw error;
  }
}
