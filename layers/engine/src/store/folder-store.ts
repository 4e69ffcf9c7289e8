/** The package store on a folder: `<folder>/<name>/<version>/model.json`. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, PilotlightError } from '../errors.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  manifestSchema,
  modelNameSchema,
  modelVersionSchema,
  type PackageFile,
  type Variant,
} from '../manifest.ts';
import type { ModelPackage, ModelRef, PackageEntry, PackageStore, ResolvedRef } from '../ports.ts';
import { hashFiles } from './hash-files.ts';
import { compareVersions } from './versions.ts';

export class FolderStore implements PackageStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<readonly PackageEntry[]> {
    const names = (await folders(this.#folder)).filter((name) => modelNameSchema.safeParse(name).success);
    const refs = await Promise.all(
      names.sort().map(async (name) => (await this.#versions(name)).map((version) => ({ name, version }))),
    );
    return Promise.all(refs.flat().map((ref) => this.#entry(ref)));
  }

  async resolve({ name, version }: ModelRef): Promise<ResolvedRef> {
    const versions = modelNameSchema.safeParse(name).success ? await this.#versions(name) : [];
    const found =
      version === undefined ? versions.at(-1) : versions.find((candidate) => candidate === version);
    if (found !== undefined) return { name, version: found };
    const models = [...new Set((await this.list()).map((entry) => entry.name))];
    throw new EngineError(
      'MODEL_NOT_FOUND',
      versions.length > 0
        ? `Model ${name} has no version ${version}; it has ${versions.join(', ')}.`
        : `There is no model named ${JSON.stringify(name.slice(0, 64))}; there are: ${models.join(', ') || 'none'}.`,
      { details: { models } },
    );
  }

  async open(ref: ResolvedRef): Promise<ModelPackage> {
    const folder = join(this.#folder, ref.name, ref.version);
    const manifest = await readManifest(folder, ref);
    return new FolderPackage(folder, manifest);
  }

  async #entry(ref: ResolvedRef): Promise<PackageEntry> {
    try {
      return { ...ref, manifest: (await this.open(ref)).manifest };
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      return { ...ref, problem: error.message };
    }
  }

  /** Versions in ascending order. */
  async #versions(name: string): Promise<string[]> {
    const versions = await folders(join(this.#folder, name));
    return versions.filter((version) => modelVersionSchema.safeParse(version).success).sort(compareVersions);
  }
}

class FolderPackage implements ModelPackage {
  readonly manifest: Manifest;
  readonly #folder: string;

  constructor(folder: string, manifest: Manifest) {
    this.#folder = folder;
    this.manifest = manifest;
  }

  path(file: string): string {
    return join(this.#folder, file);
  }

  async checkSizes(variant: Variant): Promise<void> {
    await Promise.all(this.#servedFiles(variant).map((file) => this.#checkSize(file)));
  }

  async verify(variant: Variant): Promise<void> {
    const files = this.#servedFiles(variant);
    const digests = await hashFiles(files.map(({ path }) => this.path(path))).catch((cause: unknown) => {
      throw this.#corrupt('a file can not be read', cause);
    });
    const differing = files.find(({ sha256 }, i) => digests[i] !== sha256);
    if (differing) throw this.#corrupt(`the sha256 of ${differing.path} differs from the manifest`);
  }

  #servedFiles(variant: Variant): readonly PackageFile[] {
    return [this.manifest.textProcessing.file, ...variant.files];
  }

  async #checkSize({ path, bytes }: PackageFile): Promise<void> {
    const size = await stat(this.path(path)).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) throw this.#corrupt(`${path} is missing`);
    if (size !== bytes) throw this.#corrupt(`${path} has ${size} bytes instead of ${bytes}`);
  }

  #corrupt(reason: string, cause?: unknown): EngineError {
    const { name, version } = this.manifest;
    return new EngineError(
      'PACKAGE_CORRUPT',
      `Model ${name}@${version} is refused: ${reason}. Restore the package.`,
      {
        details: { model: name, version },
        cause,
      },
    );
  }
}

async function readManifest(folder: string, { name, version }: ResolvedRef): Promise<Manifest> {
  const refuse = (reason: string, cause?: unknown) =>
    new EngineError('PACKAGE_INVALID', `Model ${name}@${version} is refused: ${reason}.`, {
      details: { model: name, version },
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8'));
  } catch (cause) {
    throw refuse(`its ${MANIFEST_FILE} is missing or is not JSON`, cause);
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') || 'the top level';
    throw refuse(`its manifest is not valid at ${where}: ${issue?.message ?? 'unknown reason'}`);
  }
  if (parsed.data.name !== name || parsed.data.version !== version) {
    throw refuse(`its manifest is that of ${parsed.data.name}@${parsed.data.version}`);
  }
  return parsed.data;
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
