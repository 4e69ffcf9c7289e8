/** The versions of one model that this process has: who uses them, which have passed, and which are to go. */
import { type Engine, EngineError, formatModelRef, type ResolvedRef } from '@pilotlight/engine';
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
  /** The checksum of each version that answered its goldens, and the variants that rules lead to which did. */
  readonly #passed = new Map<string, { readonly manifestSha256: string; readonly variants: Set<string> }>();
  /** Calls under way by version. */
  readonly #calls = new Map<string, number>();
  /** The versions to free once their last call has ended. */
  readonly #leaving = new Set<string>();

  constructor(options: VersionsOptions) {
    this.#options = options;
  }

  /** `variants`: those that rules lead to, beside the one that is served by itself. */
  hasPassed({ version, manifestSha256 }: PinnedVersion, variants: readonly string[] = []): boolean {
    const passed = this.#passed.get(version);
    return passed?.manifestSha256 === manifestSha256 && variants.every((name) => passed.variants.has(name));
  }

  /**
   * Fetches and loads a version, with the variants that rules lead to, and runs the goldens of each. Calls of other versions go on meanwhile.
   *
   * @throws EngineError as `Engine.model` does, and PACKAGE_CORRUPT where one does not answer its goldens; nothing stays in memory of a
   * version that had not passed before, nor of a variant
   */
  async prove(wanted: PinnedVersion, variants: readonly string[] = []): Promise<void> {
    if (!this.hasPassed(wanted)) {
      await this.#proveVersion(wanted, variants);
      return;
    }
    for (const variant of variants) await this.#proveBeside(wanted, variant);
  }

  async #proveVersion(wanted: PinnedVersion, variants: readonly string[]): Promise<void> {
    const { name, engine, store } = this.#options;
    const ref = { name, version: wanted.version };
    const loaded = engine.loaded().find(({ manifest }) => formatModelRef(manifest) === formatModelRef(ref));
    if (loaded && findChecksum(loaded.manifest) !== wanted.manifestSha256)
      throw refusal(ref, 'another package of this version is loaded. Push it under another version');
    store.offer(name, wanted);
    try {
      await this.#answerGoldens(ref);
      for (const variant of variants) await this.#answerGoldens({ ...ref, variant });
      this.#passed.set(ref.version, {
        manifestSha256: wanted.manifestSha256,
        variants: new Set(variants),
      });
    } catch (error) {
      store.withdraw(ref);
      if (!this.#calls.has(ref.version)) await this.#free(ref.version);
      throw error;
    }
  }

  /** A variant of a version that answers calls already, for another alias: they go on if it fails. */
  async #proveBeside({ version }: PinnedVersion, variant: string): Promise<void> {
    const { name, engine } = this.#options;
    const passed = this.#passed.get(version);
    if (!passed || passed.variants.has(variant)) return;
    const ref = { name, version, variant };
    try {
      await this.#answerGoldens(ref);
      passed.variants.add(variant);
    } catch (error) {
      await engine.unload(ref);
      throw error;
    }
  }

  async #answerGoldens(ref: ResolvedRef): Promise<void> {
    const { engine, goldensMs } = this.#options;
    const [first] = (await runGoldens(await engine.model(ref), goldensMs)).filter(isFault);
    if (!first) return;
    const {
      line,
      drift,
      problem = `the answer deviates ${drift?.toFixed(1)} times as far as is tolerated`,
    } = first;
    const where = line === undefined ? 'a golden' : `the golden of line ${line}`;
    const by = ref.variant === undefined ? '' : ` by its variant ${ref.variant}`;
    throw refusal(ref, `${where} is not answered as it should be${by}: ${problem.replace(/\.$/, '')}`);
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
    const loaded = engine.loaded().filter(({ manifest }) => manifest.name === name);
    for (const version of new Set(loaded.map(({ manifest }) => manifest.version))) {
      if (versions.has(version)) continue;
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

function refusal(ref: ResolvedRef, reason: string): EngineError {
  const { name: model, version } = ref;
  return new EngineError('PACKAGE_CORRUPT', `Model ${formatModelRef(ref)} is refused: ${reason}.`, {
    details: { model, version },
  });
}
