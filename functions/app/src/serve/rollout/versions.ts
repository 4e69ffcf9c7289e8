/** The versions of one model that this process has: who uses them, which have passed, and which are to go. */
import { type Engine, EngineError, formatModelRef } from '@pilotlight/engine';
import type { RegistryStore } from '@pilotlight/engine/internal/store/registry/registry-store';
import { findChecksum } from '@pilotlight/model-format';
import type { PinnedVersion } from '@pilotlight/model-format/registry';
import type { Logger } from '../ports.ts';
import { collectGarbage } from './collect-garbage.ts';
import { isFault, runGoldens } from './goldens.ts';

export type RolloutEngine = Pick<Engine, 'model' | 'unload' | 'loaded'>;

export interface VersionsOptions {
  readonly name: string;
  readonly engine: RolloutEngine;
  readonly store: Pick<RegistryStore, 'offer' | 'withdraw'>;
  readonly logger: Logger;
  /** Milliseconds for the goldens of a version. */
  readonly goldensMs: number;
}

export class Versions {
  readonly #options: VersionsOptions;
  /** The checksum of each version that answered its goldens. */
  readonly #passed = new Map<string, string>();
  /** Calls under way by version. */
  readonly #calls = new Map<string, number>();
  /** The versions to free once their last call has ended. */
  readonly #leaving = new Set<string>();

  constructor(options: VersionsOptions) {
    this.#options = options;
  }

  hasPassed({ version, manifestSha256 }: PinnedVersion): boolean {
    return this.#passed.get(version) === manifestSha256;
  }

  /**
   * Fetches and loads a version, and runs its goldens. Calls of other versions go on meanwhile.
   *
   * @throws EngineError as `Engine.model` does, and PACKAGE_CORRUPT where it does not answer its goldens; nothing of it stays in memory
   */
  async prove(wanted: PinnedVersion): Promise<void> {
    const { name, engine, store, goldensMs } = this.#options;
    const ref = { name, version: wanted.version };
    const loaded = engine.loaded().find(({ manifest }) => formatModelRef(manifest) === formatModelRef(ref));
    if (loaded && findChecksum(loaded.manifest) !== wanted.manifestSha256)
      throw refusal(ref, 'another package of this version is loaded. Push it under another version');
    store.offer(name, wanted);
    try {
      const model = await engine.model(ref);
      const faults = (await runGoldens(model, goldensMs)).filter(isFault);
      const [first] = faults;
      if (first) {
        const {
          line,
          drift,
          problem = `the answer deviates ${drift?.toFixed(1)} times as far as is tolerated`,
        } = first;
        const where = line === undefined ? 'a golden' : `the golden of line ${line}`;
        throw refusal(ref, `${where} is not answered as it should be: ${problem.replace(/\.$/, '')}`);
      }
      this.#passed.set(ref.version, wanted.manifestSha256);
    } catch (error) {
      store.withdraw(ref);
      if (!this.#calls.has(ref.version)) await this.#free(ref.version);
      throw error;
    }
  }

  /** Has a call use a version, which stays until the function that is returned is called. */
  hold(version: string): () => void {
    this.#calls.set(version, (this.#calls.get(version) ?? 0) + 1);
    return () => {
      const left = (this.#calls.get(version) ?? 1) - 1;
      if (left > 0) {
        this.#calls.set(version, left);
        return;
      }
      this.#calls.delete(version);
      if (this.#leaving.has(version)) void this.#free(version);
    };
  }

  /** Frees a version that is held, once its last call has ended. */
  leave(version: string): void {
    this.#leaving.add(version);
  }

  /** Frees all versions in memory but these, each once its last call has ended. */
  keep(versions: ReadonlySet<string>): void {
    const { name, engine } = this.#options;
    this.#leaving.clear();
    for (const { manifest } of engine.loaded()) {
      const { version } = manifest;
      if (manifest.name !== name || versions.has(version)) continue;
      if (this.#calls.has(version)) this.#leaving.add(version);
      else void this.#free(version);
    }
  }

  async #free(version: string): Promise<void> {
    const { name, engine, store, logger } = this.#options;
    const ref = { name, version };
    this.#leaving.delete(version);
    this.#passed.delete(version);
    store.withdraw(ref);
    try {
      await engine.unload(ref);
      collectGarbage();
    } catch (error) {
      logger.error('A version could not be freed', { model: formatModelRef(ref), error });
    }
  }
}

function refusal(ref: { readonly name: string; readonly version: string }, reason: string): EngineError {
  const { name: model, version } = ref;
  return new EngineError('PACKAGE_CORRUPT', `Model ${formatModelRef(ref)} is refused: ${reason}.`, {
    details: { model, version },
  });
}
