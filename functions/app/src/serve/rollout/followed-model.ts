/** What the names of one model mean in this process: those versions of its record that have passed. */
import { EngineError, formatModelRef, PilotlightError } from '@pilotlight/engine';
import type { RegistryStore } from '@pilotlight/engine/internal/store/registry/registry-store';
import { ownValue } from '@pilotlight/model-format';
import {
  type Alias,
  aliasMoves,
  CANARY,
  type PinnedVersion,
  PROD,
  type RegistryRecord,
  registeredVersions,
  SHADOW,
} from '@pilotlight/model-format/registry';
import type { Logger } from '../ports.ts';
import type { RolloutRecord } from '../rollout-port.ts';
import { type RolloutEngine, Versions } from './versions.ts';

export interface FollowedModelOptions {
  readonly name: string;
  readonly engine: RolloutEngine;
  readonly store: Pick<RegistryStore, 'offer' | 'withdraw' | 'accept'>;
  readonly logger: Logger;
  readonly tell: (record: RolloutRecord) => void;
  /** Milliseconds for the goldens of a version. */
  readonly goldensMs: number;
  /** A record that came after the one that is being accepted, if there is one. @default - nobody looks */
  readonly later?: () => Promise<RegistryRecord | undefined>;
  /** The variants that rules lead to of a version, once an alias means it. @default - there are none */
  readonly variants?: (alias: string, version: PinnedVersion) => readonly string[];
  /** Whether versions of other aliases than `prod` are loaded when they are asked for, and not before. @default false */
  readonly onlyProd?: boolean;
}

type Aliases = Readonly<Record<string, Alias>>;
/** What became of a record: all of it is served, a part of it is refused, or a part could not be fetched, and may be the next time. */
export type Outcome = 'accepted' | 'refused' | 'unavailable';

/** Those that a call without a version may get come first. */
const ORDER = [PROD, CANARY, SHADOW];

/**
 * Milliseconds for a version to be fetched, loaded and judged. One that takes longer hangs, and what the registry says after it must be
 * heard all the same: that is where it is rolled back.
 */
const LONGEST_PROOF_MS = 15 * 60_000;

/** Versions before the one that was refused that a process tries when it starts. */
const MOST_EARLIER = 2;

export class FollowedModel {
  readonly name: string;
  readonly versions: Versions;
  readonly #options: FollowedModelOptions;
  #aliases: Aliases = {};
  #record: RegistryRecord | undefined;
  /** Versions, by checksum and variants, that the record has and that cannot be served. */
  readonly #refused = new Set<string>();

  constructor(options: FollowedModelOptions) {
    this.name = options.name;
    this.#options = options;
    this.versions = new Versions(options);
  }

  /** All of them have passed. */
  get aliases(): Aliases {
    return this.#aliases;
  }

  /** The version that a name of this model means, be it an alias or the number of a version that an alias means; it need not have passed. */
  meaning(name: string = PROD): PinnedVersion | undefined {
    const all = { ...this.#record?.aliases, ...this.#aliases };
    if (name === PROD) return this.#aliases[PROD];
    return ownValue(all, name) ?? Object.values(all).find(({ version }) => version === name);
  }

  /**
   * Has a version answer for work that began with it, whether a name means it still or not, until the function that is returned is
   * called. It passes before.
   *
   * @throws EngineError as `Versions.prove` does; MODEL_NOT_FOUND where it cannot be had and the registry has it no more
   */
  async use(known: PinnedVersion): Promise<() => void> {
    const { version } = known;
    const release = this.versions.hold(version);
    const end = () => {
      if (!Object.values(this.#aliases).some((alias) => alias.version === version))
        this.versions.leave(version);
      release();
    };
    try {
      if (!this.versions.hasPassed(known)) await this.versions.prove(known);
      return end;
    } catch (error) {
      end();
      if (!this.#record || isRegistered(this.#record, known)) throw error;
      const message = `Version ${version} of model ${this.name} is no longer in the registry.`;
      throw new EngineError('MODEL_NOT_FOUND', message, { details: { model: this.name }, cause: error });
    }
  }

  /** A new record is a new chance for versions that were refused. */
  forgetRefusals(): void {
    this.#refused.clear();
  }

  /**
   * Has `prod` mean what the record says, if it passes. A process that serves nothing yet looks for the version before it: a bad
   * promotion must not keep processes from starting.
   */
  async acceptProd(record: RegistryRecord): Promise<Outcome> {
    this.#record = record;
    const prod = record.aliases[PROD];
    if (!prod) return 'accepted';
    const outcome = await this.#prove(PROD, prod);
    if (outcome === 'accepted') return this.#serveIfMeant(PROD, prod);
    if (!this.#aliases[PROD]) {
      for (const earlier of earlierProds(record)) {
        if ((await this.#prove(PROD, earlier)) !== 'accepted') continue;
        this.#serve({ ...this.#aliases, [PROD]: earlier });
        break;
      }
    }
    return outcome;
  }

  /** Has the other aliases mean what the record says, one after the other as they pass. What the record does not have means nothing. */
  async acceptOthers(record: RegistryRecord): Promise<Outcome> {
    const names = Object.keys(record.aliases);
    const wanted = [
      ...ORDER.filter((name) => names.includes(name)),
      ...names.filter((name) => !ORDER.includes(name)),
    ];
    const kept = Object.entries(this.#aliases).filter(([alias]) => names.includes(alias));
    const known = Object.entries(record.aliases).filter(([alias, meant]) => this.#hasPassed(alias, meant));
    this.#serve(Object.fromEntries([...kept, ...known]));
    if (this.#options.onlyProd) return 'accepted';
    let worst: Outcome = 'accepted';
    for (const alias of wanted) {
      const meant = record.aliases[alias];
      if (!meant || alias === PROD) continue;
      const outcome = await this.#prove(alias, meant);
      if (outcome === 'accepted') await this.#serveIfMeant(alias, meant);
      else if (worst !== 'unavailable') worst = outcome;
    }
    return worst;
  }

  /** A version takes seconds to load, in which it may have been rolled back: then it does not take over from one that is served. */
  async #serveIfMeant(alias: string, meant: Alias): Promise<Outcome> {
    const isChange = this.#aliases[PROD] && this.#aliases[alias]?.version !== meant.version;
    const later = isChange && (await this.#options.later?.());
    if (later && later.aliases[alias]?.manifestSha256 !== meant.manifestSha256) return 'refused';
    this.#serve({ ...this.#aliases, [alias]: meant });
    return 'accepted';
  }

  #hasPassed(alias: string, meant: Alias): boolean {
    return this.versions.hasPassed(meant, this.#variants(alias, meant));
  }

  #variants(alias: string, meant: Alias): readonly string[] {
    return this.#options.variants?.(alias, meant) ?? [];
  }

  async #prove(alias: string, wanted: Alias): Promise<Outcome> {
    if (this.#hasPassed(alias, wanted)) return 'accepted';
    const variants = this.#variants(alias, wanted);
    // The same version may be refused for the variants of one alias, and served by another.
    const refused = [wanted.manifestSha256, ...variants].join(' ');
    if (this.#refused.has(refused)) return 'refused';
    const { name, logger, tell } = this.#options;
    const { version } = wanted;
    try {
      await this.#proveInTime(wanted, variants);
      return 'accepted';
    } catch (error) {
      const code = PilotlightError.is(error) ? error.code : 'INTERNAL';
      logger.error('A version of the registry is refused', { model: name, version, code, error });
      tell({ kind: 'refused', model: name, version, code });
      if (code === 'PACKAGE_UNAVAILABLE') return 'unavailable';
      this.#refused.add(refused);
      return 'refused';
    }
  }

  /** A version that passes later all the same is freed with the next change, unless a name means it then. */
  async #proveInTime(wanted: Alias, variants: readonly string[]): Promise<void> {
    const late = Promise.withResolvers<never>();
    const ref = formatModelRef({ name: this.#options.name, version: wanted.version });
    const timer = setTimeout(() => {
      const message = `Model ${ref} is refused: it was not loaded within ${LONGEST_PROOF_MS / 60_000} minutes.`;
      late.reject(new EngineError('SESSION_FAILED', message));
    }, LONGEST_PROOF_MS).unref();
    try {
      await Promise.race([this.versions.prove(wanted, variants), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** From the next call on. Calls under way keep what they have. */
  #serve(aliases: Aliases): void {
    const { name, store, logger, tell } = this.#options;
    const before = describe(this.#aliases);
    this.#aliases = aliases;
    store.accept(name, aliases);
    this.versions.keep(new Set(Object.values(aliases).map(({ version }) => version)));
    if (JSON.stringify(describe(aliases)) === JSON.stringify(before)) return;
    const meanings = Object.entries(describe(aliases)).map(([alias, version]) => `${alias} is ${version}`);
    logger.info(`Model ${name}: ${meanings.join(', ') || 'no alias means a version'}`, {
      model: name,
      aliases: describe(aliases),
    });
    const accepted = Object.entries(aliases).map(([alias, { version, manifestSha256 }]) => ({
      alias,
      version,
      checksum: manifestSha256,
    }));
    tell({ kind: 'accepted', model: name, aliases: accepted });
  }
}

/** The versions that `prod` meant before and that are still there, the latest first. */
function earlierProds(record: RegistryRecord): Alias[] {
  const there = new Map(registeredVersions(record).map((entry) => [entry.version, entry.manifestSha256]));
  const { manifestSha256: refused } = record.aliases[PROD] ?? {};
  const earlier = new Map<string, Alias>();
  for (const { meaning } of aliasMoves(record, PROD).toReversed()) {
    if (!meaning) continue;
    const { version, manifestSha256 } = meaning;
    if (manifestSha256 !== refused && there.get(version) === manifestSha256 && !earlier.has(version))
      earlier.set(version, { version, manifestSha256 });
  }
  return [...earlier.values()].slice(0, MOST_EARLIER);
}

function isRegistered(record: RegistryRecord, { version, manifestSha256 }: PinnedVersion): boolean {
  return registeredVersions(record).some(
    (entry) => entry.version === version && entry.manifestSha256 === manifestSha256,
  );
}

function describe(aliases: Aliases): Record<string, string> {
  return Object.fromEntries(
    Object.entries(aliases).map(([alias, { version, share }]) => [
      alias,
      share === undefined ? version : `${version} (${share * 100} %)`,
    ]),
  );
}
