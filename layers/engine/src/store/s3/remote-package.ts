/** One package of a bucket: its manifest, and the way of its files to a folder. */
import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  findFault,
  formatModelRef,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  MAX_SIDECAR_BYTES,
  type PackageManifest,
  packageFiles,
  parseManifest,
  readRegularFile,
  refused,
  type SidecarFile,
  sha256Of,
  sidecarFiles,
  sumOfBytes,
} from '@pilotlight/model-format';
import type { ResolvedRef } from '../../ports.ts';
import { digestFiles } from '../digest-files.ts';
import { failure, fetchFailure } from './failures.ts';
import { fetchFiles, type RemoteFile } from './fetch-files.ts';
import { ObjectError, type ObjectReader } from './objects.ts';
import { readObject } from './read-range.ts';
import { Staging } from './staging.ts';
import type { TransferOptions } from './transfer.ts';

/** A package as objects of a bucket. */
export interface PackageObjects extends ResolvedRef {
  /** The sha256 of its model.json, which names those of all other files, so that nobody who writes to the bucket can exchange one. */
  readonly manifestSha256: string;
  /**
   * The key of each file, by its path inside the package: model.json, and the files that are to be fetched with it. Sidecars among them
   * may be missing.
   */
  readonly objects: Readonly<Record<string, string>>;
}

export class RemotePackage {
  readonly #package: PackageObjects;
  readonly #folder: string;
  readonly #reader: () => Promise<ObjectReader>;
  readonly #transfer: TransferOptions;
  readonly #manifestFile = memoised(() => this.#readManifest());

  /** Fetches the package to `<folder>/<name>/<version>`, once; a failure is forgotten. @throws EngineError */
  readonly fetch = memoised(() => this.#named(this.#fetch()));
  /** @throws EngineError */
  readonly manifest = async (): Promise<PackageManifest> =>
    (await this.#named(this.#manifestFile())).manifest;

  constructor(
    wanted: PackageObjects,
    folder: string,
    reader: () => Promise<ObjectReader>,
    transfer: TransferOptions,
  ) {
    this.#package = wanted;
    this.#folder = folder;
    this.#reader = reader;
    this.#transfer = transfer;
  }

  /** Reads a file beside the manifest; nothing where it is none of the objects, or not in the bucket. @throws EngineError */
  async sidecar(file: SidecarFile): Promise<string | undefined> {
    const key = this.#package.objects[file];
    return key === undefined ? undefined : this.#named(this.#readSidecar(key));
  }

  async #fetch(): Promise<void> {
    const { name, version } = this.#package;
    const path = join(this.#folder, name, version);
    if (await this.#isAt(path)) return;
    const staging = await Staging.create(this.#folder, formatModelRef(this.#package));
    try {
      await staging.waitForOthers();
      if (await this.#isAt(path)) return;
      const { text, manifest } = await this.#manifestFile();
      const files = this.#files(manifest);
      await this.#checkSpace(staging.folder, files);
      await fetchFiles(await this.#reader(), files, staging.folder, this.#transfer);
      for (const file of sidecarFiles) {
        const content = await this.sidecar(file);
        if (content !== undefined) await writeFile(join(staging.folder, file), content);
      }
      await writeFile(join(staging.folder, MANIFEST_FILE), text);
      await staging.publish(path);
    } finally {
      await staging.remove();
    }
  }

  /** Whether another or an earlier process has fetched the whole package already. */
  async #isAt(path: string): Promise<boolean> {
    const text = readManifestOf(path);
    if (!text || sha256Of(text) !== this.#package.manifestSha256) return false;
    const files = this.#files(parseManifest(text.toString(), this.#package));
    const digests = await digestFiles(files.map((file) => join(path, file.path))).catch(() => []);
    return files.every((file, i) => findFault(file, digests[i]) === undefined);
  }

  async #readManifest(): Promise<{ text: Buffer; manifest: PackageManifest }> {
    const key = this.#package.objects[MANIFEST_FILE];
    if (key === undefined) throw refused(this.#package, `none of its objects is its ${MANIFEST_FILE}`);
    const text = await readObject(await this.#reader(), key, MAX_MANIFEST_BYTES, this.#transfer);
    if (sha256Of(text) !== this.#package.manifestSha256) {
      throw failure(
        'PACKAGE_CORRUPT',
        this.#package,
        `its ${MANIFEST_FILE} is not the one that was deployed. Deploy it again`,
      );
    }
    return { text, manifest: parseManifest(text.toString(), this.#package) };
  }

  async #readSidecar(key: string): Promise<string | undefined> {
    try {
      const content = await readObject(await this.#reader(), key, MAX_SIDECAR_BYTES, this.#transfer);
      return content.toString();
    } catch (error) {
      // Whoever may not list a bucket is denied an object that is not there.
      if (error instanceof ObjectError && ['OBJECT_MISSING', 'ACCESS_DENIED'].includes(error.code))
        return undefined;
      throw error;
    }
  }

  /** Lists the files to fetch beside the manifest, the largest first, so that all connections are busy to the end. */
  #files(manifest: PackageManifest): RemoteFile[] {
    const known = new Map(packageFiles(manifest).map((file) => [file.path, file]));
    return Object.entries(this.#package.objects)
      .filter(([path]) => path !== MANIFEST_FILE && !isSidecar(path))
      .map(([path, key]) => {
        const file = known.get(path);
        if (!file)
          throw refused(this.#package, `${path} is one of its objects, but its manifest does not name it`);
        return { ...file, key };
      })
      .sort((left, right) => right.bytes - left.bytes);
  }

  async #checkSpace(folder: string, files: readonly RemoteFile[]): Promise<void> {
    const needed = sumOfBytes(files);
    const { bavail, bsize } = await statfs(folder);
    if (needed <= bavail * bsize) return;
    const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
    throw failure(
      'PACKAGE_UNAVAILABLE',
      this.#package,
      `it takes ${megabytes(needed)}, and ${megabytes(bavail * bsize)} are free. Give the function more ephemeral storage`,
    );
  }

  #named<Result>(work: Promise<Result>): Promise<Result> {
    return work.catch((error: unknown) => {
      throw fetchFailure(error, this.#package);
    });
  }
}

function isSidecar(path: string): boolean {
  return sidecarFiles.some((file) => file === path);
}

/** Nothing where no whole package is. */
function readManifestOf(folder: string): Buffer | undefined {
  try {
    return readRegularFile(join(folder, MANIFEST_FILE), MAX_MANIFEST_BYTES);
  } catch {
    return undefined;
  }
}

/** Calls `work` once for all callers that ask while it goes on or after it succeeded; a failure is forgotten. */
function memoised<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let working: Promise<Result> | undefined;
  return () => {
    working ??= work().catch((error: unknown) => {
      working = undefined;
      throw error;
    });
    return working;
  };
}
