import { compareVersions, formatModelRef, type SidecarFile } from '@pilotlight/model-format';
import { EngineError, PilotlightError } from '@pilotlight/model-format/errors';
import type { ModelPackage, ModelRef, PackageEntry, PackageStore, ResolvedRef } from '../ports.ts';
import { modelNotFound } from './resolve-among.ts';

/**
 * Several stores as one. Where two have the same version of a model, it is the first one's.
 *
 * @example
 * new JoinedStore([new FolderStore('/opt/models'), new FolderStore('/mnt/models')]);
 */
export class JoinedStore implements PackageStore {
  readonly #stores: readonly PackageStore[];

  constructor(stores: readonly PackageStore[]) {
    this.#stores = stores;
  }

  async list(): Promise<readonly PackageEntry[]> {
    const lists = await Promise.all(this.#stores.map((store) => store.list()));
    const entries = new Map<string, PackageEntry>();
    for (const entry of lists.flat()) {
      const key = formatModelRef(entry);
      if (!entries.has(key)) entries.set(key, entry);
    }
    return [...entries.values()].sort(byNameAndVersion);
  }

  async resolve(ref: ModelRef): Promise<ResolvedRef> {
    const [, resolved] = await this.#find(ref);
    return resolved;
  }

  async open(ref: ResolvedRef): Promise<ModelPackage> {
    const [store] = await this.#find(ref);
    return store.open(ref);
  }

  async sidecar(ref: ResolvedRef, file: SidecarFile): Promise<string | undefined> {
    const [store] = await this.#find(ref);
    return store.sidecar?.(ref, file);
  }

  /** The store with the highest version that `ref` may mean, and that version. */
  async #find(ref: ModelRef): Promise<[PackageStore, ResolvedRef]> {
    const refusals: PilotlightError[] = [];
    let found: [PackageStore, ResolvedRef] | undefined;
    for (const store of this.#stores) {
      try {
        const resolved = await store.resolve(ref);
        if (!found || compareVersions(resolved.version, found[1].version) > 0) found = [store, resolved];
      } catch (error) {
        if (!PilotlightError.is(error) || error.code !== 'MODEL_NOT_FOUND') throw error;
        refusals.push(error);
      }
    }
    if (found) return found;
    throw joined(ref.name, refusals);
  }
}

/** One refusal for all stores: it names the models of all, and the versions of a store that has the model. */
function joined(name: string, refusals: readonly PilotlightError[]): EngineError {
  const listModels = ({ details: { models } }: PilotlightError) => (Array.isArray(models) ? models : []);
  const models = [...new Set(refusals.flatMap(listModels))].map(String).sort();
  const other = refusals.find((refusal) => listModels(refusal).includes(name));
  return other
    ? new EngineError('MODEL_NOT_FOUND', other.message, { details: { models } })
    : modelNotFound(name, models);
}

export function byNameAndVersion(left: ResolvedRef, right: ResolvedRef): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return compareVersions(left.version, right.version);
}
