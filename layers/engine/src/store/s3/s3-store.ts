/** The package store on a bucket: packages that no layer has room for, fetched to a folder when they are first opened. */
import { resolve } from 'node:path';
import { formatModelRef, type SidecarFile } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import type { ModelPackage, ModelRef, PackageEntry, PackageStore, ResolvedRef } from '../../ports.ts';
import { FolderStore } from '../folder-store.ts';
import { resolveAmong } from '../resolve-among.ts';
import type { ObjectReader } from './objects.ts';
import type { PackageObjects, RemotePackage } from './remote-package.ts';
import { DEFAULT_TRANSFER, type TransferOptions } from './transfer.ts';

export interface S3StoreOptions {
  readonly bucket: string;
  readonly packages: readonly PackageObjects[];
  /** The folder that the packages are fetched to, as `<folder>/<name>/<version>`. Several processes may share it. */
  readonly folder: string;
  /** @default DEFAULT_TRANSFER */
  readonly transfer?: Partial<TransferOptions>;
}

/**
 * Packages in a bucket, fetched to a folder when they are first opened.
 *
 * @example
 * new S3Store({ bucket: 'my-models', folder: '/tmp/models', packages });
 */
export class S3Store implements PackageStore {
  readonly #options: S3StoreOptions;
  readonly #fetched: FolderStore;
  #packages: Promise<ReadonlyMap<string, RemotePackage>> | undefined;
  #reader: Promise<ObjectReader> | undefined;

  constructor(options: S3StoreOptions) {
    this.#options = { ...options, folder: resolve(options.folder) };
    this.#fetched = new FolderStore(this.#options.folder, { verify: 'size' });
  }

  /** Reads the manifests of packages that were not fetched yet, and nothing else of them. */
  list(): Promise<readonly PackageEntry[]> {
    return Promise.all(this.#options.packages.map(({ name, version }) => this.#entry({ name, version })));
  }

  async resolve(ref: ModelRef): Promise<ResolvedRef> {
    return resolveAmong(ref, this.#options.packages);
  }

  /** @throws EngineError PACKAGE_UNAVAILABLE, PACKAGE_CORRUPT, PACKAGE_INVALID, MODEL_NOT_FOUND */
  async open(ref: ResolvedRef): Promise<ModelPackage> {
    const resolved = resolveAmong(ref, this.#options.packages);
    const packages = await this.#remote();
    await packages.get(formatModelRef(resolved))?.fetch();
    return this.#fetched.open(resolved);
  }

  /** Reads the one object, if the package lists it, and nothing else. */
  async sidecar(ref: ResolvedRef, file: SidecarFile): Promise<string | undefined> {
    const packages = await this.#remote();
    return packages.get(formatModelRef(resolveAmong(ref, this.#options.packages)))?.sidecar(file);
  }

  async #entry(ref: ResolvedRef): Promise<PackageEntry> {
    try {
      const packages = await this.#remote();
      const manifest = await packages.get(formatModelRef(ref))?.manifest();
      return manifest ? { ...ref, manifest } : ref;
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      return { ...ref, problem: error.message };
    }
  }

  /** Loads what fetches packages with the first that is asked for, so that an engine without packages in a bucket does not pay for it. */
  #remote(): Promise<ReadonlyMap<string, RemotePackage>> {
    this.#packages ??= import('./remote-package.ts').then(({ RemotePackage }) =>
      this.#describe(RemotePackage),
    );
    return this.#packages;
  }

  #describe(Remote: typeof RemotePackage): ReadonlyMap<string, RemotePackage> {
    const { packages, folder } = this.#options;
    const transfer = { ...DEFAULT_TRANSFER, ...this.#options.transfer };
    const connect = () => this.#connect(transfer);
    return new Map(
      packages.map((wanted) => [formatModelRef(wanted), new Remote(wanted, folder, connect, transfer)]),
    );
  }

  /** Loads the SDK with the first object, so that an engine without packages in a bucket does not pay for it. */
  #connect({ stallMs }: TransferOptions): Promise<ObjectReader> {
    this.#reader ??= import('./s3-reader.ts').then(({ S3Reader }) =>
      S3Reader.connect(this.#options.bucket, stallMs),
    );
    return this.#reader;
  }
}
