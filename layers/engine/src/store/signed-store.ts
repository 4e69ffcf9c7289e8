/** A store of which only packages that a trusted key signed are taken. See ADR-signed.md. */
import {
  findChecksum,
  type PackageManifest,
  readRegularFile,
  refused,
  SIDECAR_FILES,
  type SidecarFile,
} from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import type { TrustedKey } from '@pilotlight/model-format/internal/package/signature/keys';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import type { ModelPackage, ModelRef, PackageEntry, PackageStore, ResolvedRef } from '../ports.ts';

/** Any store may be beneath: a signature is of the manifest that was read, so that it does not matter where that comes from. */
export class SignedStore implements PackageStore {
  readonly #store: PackageStore;
  readonly #trusted: readonly TrustedKey[];

  constructor(store: PackageStore, trusted: readonly TrustedKey[]) {
    this.#store = store;
    this.#trusted = trusted;
  }

  get changes(): boolean {
    return this.#store.changes ?? false;
  }

  /** A package that is not to be taken has a `problem` and no manifest, as a broken one. */
  async list(): Promise<readonly PackageEntry[]> {
    return Promise.all((await this.#store.list()).map((entry) => this.#entry(entry)));
  }

  resolve(ref: ModelRef): Promise<ResolvedRef> {
    return this.#store.resolve(ref);
  }

  /** @throws EngineError what the store throws; PACKAGE_INVALID, PACKAGE_CORRUPT where no trusted key vouches for the package */
  async open(ref: ResolvedRef): Promise<ModelPackage> {
    const opened = await this.#store.open(ref);
    await this.#require(ref, opened.manifest, opened);
    return opened;
  }

  sidecar(ref: ResolvedRef, file: SidecarFile): Promise<string | undefined> {
    return this.#store.sidecar?.(ref, file) ?? Promise.resolve(undefined);
  }

  async #entry(entry: PackageEntry): Promise<PackageEntry> {
    const { name, version, manifest } = entry;
    if (manifest === undefined) return entry;
    try {
      await this.#require({ name, version }, manifest);
      return entry;
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      return { name, version, problem: error.message };
    }
  }

  async #require(ref: ResolvedRef, manifest: PackageManifest, opened?: ModelPackage): Promise<void> {
    const manifestSha256 = findChecksum(manifest);
    if (manifestSha256 === undefined)
      throw refused(ref, 'its manifest comes from no file, so that nobody signed it');
    const { MAX_SIGNATURE_BYTES, requireSignature } = await import('@pilotlight/model-format/signature');
    const text = this.#store.sidecar
      ? await this.#store.sidecar(ref, SIDECAR_FILES.signature)
      : opened && readSignature(opened, MAX_SIGNATURE_BYTES);
    requireSignature(text, { ...ref, manifestSha256 }, this.#trusted);
  }
}

/** Of a package of a store that has no `sidecar`. */
function readSignature(opened: ModelPackage, maxBytes: number): string | undefined {
  try {
    return readRegularFile(opened.path(SIDECAR_FILES.signature), maxBytes).toString();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
