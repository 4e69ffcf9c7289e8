/**
 * The package store on a registry: the versions that its aliases mean, fetched to a folder, before the packages that are there anyway.
 * It decides nothing: whoever reads records tells it which versions there are, and which of them names mean.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  findChecksum,
  formatModelRef,
  MANIFEST_FILE,
  ownValue,
  type PackageManifest,
  SIDECAR_FILES,
  type SidecarFile,
  servedFiles,
  servedVariant,
  sidecarFiles,
  variantsOf,
} from '@pilotlight/model-format';
import { EngineError, PilotlightError } from '@pilotlight/model-format/errors';
import { type Alias, type PinnedVersion, PROD } from '@pilotlight/model-format/registry';
import type {
  ExecutionProvider,
  ModelPackage,
  ModelRef,
  PackageEntry,
  PackageStore,
  ResolvedRef,
  ServedFiles,
} from '../../ports.ts';
import { FolderStore } from '../folder-store.ts';
import { byNameAndVersion } from '../joined-store.ts';
import { packageEntry } from '../package-entry.ts';
import type { ObjectReader } from '../s3/objects.ts';
import { RemotePackage } from '../s3/remote-package.ts';
import { S3Reader } from '../s3/s3-reader.ts';
import { DEFAULT_TRANSFER, type TransferOptions } from '../s3/transfer.ts';
import { RecordSource } from './record-source.ts';

export interface RegistryStoreOptions {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** The folder that the packages are fetched to, as `<folder>/<name>/<version>`. Several processes may share it. */
  readonly folder: string;
  /** Packages that are there without a registry: they answer for what the registry does not have. */
  readonly base: PackageStore;
  /** The variant that is served. @default - the one for the execution provider */
  readonly variant?: string | undefined;
  /** @default 'cpu' */
  readonly executionProvider?: ExecutionProvider;
  /** Variants to fetch beside it, where a version has them, by the names of models: those that rules lead to. @default - there are none */
  readonly variants?: Readonly<Record<string, readonly string[]>>;
  /** @default DEFAULT_TRANSFER */
  readonly transfer?: Partial<TransferOptions>;
}

export class RegistryStore implements PackageStore {
  readonly changes = true;
  readonly records: RecordSource;
  readonly #options: RegistryStoreOptions;
  readonly #transfer: TransferOptions;
  readonly #fetched: FolderStore;
  /** By `name@version`. */
  readonly #known = new Map<string, PinnedVersion>();
  /** The aliases of a model, by its name. */
  readonly #accepted = new Map<string, Readonly<Record<string, Alias>>>();
  /** Those whose files this store has fetched, or found in its folder. */
  readonly #kept = new Set<string>();
  #removed: Promise<void> = Promise.resolve();
  #reader: Promise<ObjectReader> | undefined;

  constructor(options: RegistryStoreOptions) {
    this.#options = { ...options, folder: resolve(options.folder) };
    this.#transfer = { ...DEFAULT_TRANSFER, ...options.transfer };
    this.#fetched = new FolderStore(this.#options.folder, { verify: 'size' });
    this.records = new RecordSource(() => this.#connect(), options.prefix);
  }

  /** Has `open` find a version of the registry. No name means it yet. */
  offer(name: string, version: PinnedVersion): void {
    this.#known.set(formatModelRef({ name, version: version.version }), version);
  }

  /** Undoes `offer`, and removes the files that were fetched for it: what is mapped of them stays until it is freed. */
  withdraw(ref: ResolvedRef): void {
    const key = formatModelRef(ref);
    this.#known.delete(key);
    if (!this.#kept.delete(key)) return;
    const files = join(this.#options.folder, ref.name, ref.version);
    this.#removed = this.#removed.then(() => rm(files, { recursive: true, force: true }).catch(() => {}));
  }

  /** Has names mean versions that were offered: the model its `prod`, and `model@alias` what the alias says. */
  accept(name: string, aliases: Readonly<Record<string, Alias>>): void {
    this.#accepted.set(name, aliases);
  }

  /** The versions that names mean, and the packages that are there anyway of models that have no `prod`. */
  async list(): Promise<readonly PackageEntry[]> {
    const [base, own] = await Promise.all([
      this.#options.base.list(),
      Promise.all(this.#meant().map((ref) => packageEntry(this, ref))),
    ]);
    const meant = new Set(own.map(formatModelRef));
    const others = base.filter(
      (entry) => !this.#accepted.get(entry.name)?.[PROD] && !meant.has(formatModelRef(entry)),
    );
    return [...others, ...own].sort(byNameAndVersion);
  }

  /** A version that was offered is found by its number, also while it is judged, and while the last calls of it end. */
  async resolve(ref: ModelRef): Promise<ResolvedRef> {
    const { name, version } = ref;
    if (version !== undefined && this.#known.has(formatModelRef(ref))) return { name, version };
    return this.resolveServed(ref);
  }

  /**
   * The version that a call means.
   *
   * @throws EngineError MODEL_NOT_FOUND; a model that has a `prod` has the versions that its aliases mean, and no others
   */
  async resolveServed(ref: ModelRef): Promise<ResolvedRef> {
    const { name, version = PROD } = ref;
    const aliases = this.#accepted.get(name) ?? {};
    const meant = ownValue(aliases, version)?.version;
    if (meant !== undefined) return { name, version: meant };
    if (Object.values(aliases).some((alias) => alias.version === version)) return { name, version };
    if (aliases[PROD]) throw noSuchVersion(ref, aliases);
    return this.#options.base.resolve(ref);
  }

  /** @throws EngineError PACKAGE_UNAVAILABLE, PACKAGE_CORRUPT, PACKAGE_INVALID, MODEL_NOT_FOUND */
  async open(ref: ResolvedRef): Promise<ModelPackage> {
    const known = this.#known.get(formatModelRef(ref));
    if (!known) return this.#options.base.open(ref);
    const own = await this.#openBase(ref);
    if (own && findChecksum(own.manifest) === known.manifestSha256 && (await this.#isWhole(own))) return own;
    await this.#fetch(ref.name, known);
    return this.#fetched.open(ref);
  }

  /** Of the package that `open` gave. */
  async sidecar(ref: ResolvedRef, file: SidecarFile): Promise<string | undefined> {
    const { base } = this.#options;
    const known = this.#known.get(formatModelRef(ref));
    if (!known) return base.sidecar?.(ref, file);
    const here =
      (await this.#fetched.sidecar(ref, file)) ?? ((await this.#openBase(ref)) && base.sidecar?.(ref, file));
    if (here !== undefined || file !== SIDECAR_FILES.signature) return here;
    // It may have been signed since it was fetched; nobody asks for a signature but those who take nothing without.
    return this.#remote({ name: ref.name, ...known }, [file]).sidecar(file);
  }

  /** The same version among the packages that are there anyway, if it can be read. */
  async #openBase(ref: ResolvedRef): Promise<ModelPackage | undefined> {
    try {
      return await this.#options.base.open(await this.#options.base.resolve(ref));
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      return undefined;
    }
  }

  /** Whether it has the files of all variants that may be asked for. A deployment may have left out those that nobody named then. */
  async #isWhole(own: ModelPackage): Promise<boolean> {
    try {
      for (const files of this.#named(own.manifest)) await own.checkSizes(files);
      return true;
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      return false;
    }
  }

  async #fetch(name: string, { version, manifestSha256 }: PinnedVersion): Promise<void> {
    const ref = { name, version };
    await this.#removed;
    this.#kept.add(formatModelRef(ref));
    const remote = (paths: readonly string[]) => this.#remote({ ...ref, manifestSha256 }, paths);
    // A package that was fetched before needs no bucket, which may not answer.
    const fetched = await this.#fetchedManifest(ref, manifestSha256);
    const manifest = fetched ?? (await remote([]).manifest());
    await remote([...this.#files(manifest), ...sidecarFiles]).fetch();
  }

  /** A version as objects: its manifest, and these of its files. */
  #remote(wanted: ResolvedRef & PinnedVersion, paths: readonly string[]): RemotePackage {
    const { prefix, folder } = this.#options;
    const key = (path: string) => `${prefix}${wanted.name}/${wanted.version}/${path}`;
    const objects = Object.fromEntries([MANIFEST_FILE, ...paths].map((path) => [path, key(path)]));
    return new RemotePackage({ ...wanted, objects }, folder, () => this.#connect(), this.#transfer);
  }

  async #fetchedManifest(ref: ResolvedRef, manifestSha256: string): Promise<PackageManifest | undefined> {
    try {
      const { manifest } = await this.#fetched.open(ref);
      return findChecksum(manifest) === manifestSha256 ? manifest : undefined;
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      return undefined;
    }
  }

  /** What serving reads, and the goldens by which it is judged. */
  #files(manifest: PackageManifest): string[] {
    const { variant, executionProvider = 'cpu' } = this.#options;
    if (manifest.runtime === 'transformers.js') return manifest.files.map(({ path }) => path);
    const own = ownValue(variantsOf(manifest), servedVariant(manifest, executionProvider, variant));
    const files = [own, ...this.#named(manifest)].flatMap((served) => servedFiles(manifest, served));
    return [...new Set([...files, manifest.goldens].map(({ path }) => path))];
  }

  /** The variants of this package that are wanted beside the one that is served by itself. */
  #named(manifest: PackageManifest): ServedFiles[] {
    const names = ownValue(this.#options.variants ?? {}, manifest.name) ?? [];
    return names.flatMap((name) => ownValue(variantsOf(manifest), name) ?? []);
  }

  #meant(): ResolvedRef[] {
    return [...this.#accepted].flatMap(([name, aliases]) =>
      [...new Set(Object.values(aliases).map(({ version }) => version))].map((version) => ({
        name,
        version,
      })),
    );
  }

  #connect(): Promise<ObjectReader> {
    this.#reader ??= Promise.resolve(S3Reader.connect(this.#options.bucket, this.#transfer.stallMs));
    return this.#reader;
  }
}

function noSuchVersion({ name, version }: ModelRef, aliases: Readonly<Record<string, Alias>>): EngineError {
  const meanings = Object.entries(aliases).map(([alias, meant]) => `${alias} (${meant.version})`);
  return new EngineError(
    'MODEL_NOT_FOUND',
    `Model ${name} has no version ${version}; its aliases are ${meanings.join(', ')}.`,
    { details: { models: [name] } },
  );
}
