/** Which versions names mean, with an engine and a registry that are lists. */
import type { GoldenCheck } from '@pilotlight/engine';
import { EngineError } from '@pilotlight/engine';
import { emptyRecord, type RegistryRecord, recordAction } from '@pilotlight/model-format/registry';
import { beforeEach, expect, it, vi } from 'vitest';
import { FollowedModel } from '../../../../functions/app/src/serve/rollout/followed-model.ts';
import type { RolloutRecord } from '../../../../functions/app/src/serve/rollout-port.ts';
import { manifestOf } from '../../engine/fakes.ts';
import { silent } from '../fake-engine.ts';

const sumOf = (version: string) => version.replaceAll('.', '').padStart(64, 'a');

const HANGS = Symbol('hangs');

class World {
  readonly loaded = new Set<string>();
  readonly unloaded: string[] = [];
  readonly told: RolloutRecord[] = [];
  readonly loads: string[] = [];
  /** The check of each golden, or the error of the load, by version, or by version and variant. */
  readonly faults = new Map<string, GoldenCheck | EngineError | typeof HANGS>();
  /** The variants that rules lead to, by alias. */
  ruled: Readonly<Record<string, readonly string[]>> = {};
  record: RegistryRecord = emptyRecord('sentiment');
  readonly model: FollowedModel;

  constructor() {
    const model = (key: string, version: string) =>
      ({
        manifest: manifestOf({ name: 'sentiment', version }),
        checkGolden: async () => this.faults.get(key) ?? { line: 2, drift: 0.5 },
      }) as never;
    const keyOf = ({ version, variant }: { readonly version?: string; readonly variant?: string }) =>
      variant === undefined ? String(version) : `${version} ${variant}`;
    this.model = new FollowedModel({
      name: 'sentiment',
      engine: {
        loaded: () => [],
        model: async (ref) => {
          const key = keyOf(Object(ref));
          this.loads.push(key);
          const fault = this.faults.get(key);
          if (fault === HANGS) return new Promise(() => {});
          if (fault instanceof EngineError) throw fault;
          this.loaded.add(key);
          return model(key, String(Object(ref).version));
        },
        unload: async (ref) => {
          const key = keyOf(Object(ref));
          for (const one of this.loaded) if (`${one} `.startsWith(`${key} `)) this.loaded.delete(one);
          this.unloaded.push(key);
        },
      },
      store: { offer: () => {}, withdraw: () => {}, accept: () => {} },
      logger: silent,
      tell: (record) => this.told.push(record),
      goldensMs: 1000,
      variants: (alias) => this.ruled[alias] ?? [],
    });
  }

  push(version: string): void {
    this.#act({ action: 'push', version, manifestSha256: sumOf(version), bytes: 1 });
  }

  promote(version: string, alias = 'prod', share?: number): void {
    const did = { alias, version, manifestSha256: sumOf(version), ...(share !== undefined && { share }) };
    this.#act({ action: 'promote', ...did, gates: [] });
  }

  remove(version: string): void {
    this.#act({ action: 'remove', version });
  }

  async apply() {
    return [await this.model.acceptProd(this.record), await this.model.acceptOthers(this.record)];
  }

  meanings(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.model.aliases).map(([alias, { version }]) => [alias, version]),
    );
  }

  #act(did: Parameters<typeof recordAction>[1]['did']): void {
    this.record = recordAction(this.record, { at: '2026-12-01T00:00:00Z', who: 'a test', did });
  }
}

let world: World;
beforeEach(() => {
  world = new World();
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) world.push(version);
});

it('a version whose golden drifts is refused once for each record, and the one before stays', async () => {
  world.promote('1.0.0');
  await world.apply();
  world.faults.set('1.1.0', { line: 7, drift: 1.5 });
  world.promote('1.1.0');
  expect(await world.apply()).toEqual(['refused', 'accepted']);
  await world.apply();
  expect(world.meanings()).toEqual({ prod: '1.0.0' });
  expect(world.loads).toEqual(['1.0.0', '1.1.0']);
  expect(world.unloaded).toEqual(['1.1.0']);
  expect(world.told.filter(({ kind }) => kind === 'refused')).toEqual([
    { kind: 'refused', model: 'sentiment', version: '1.1.0', code: 'PACKAGE_CORRUPT' },
  ]);
  world.model.forgetRefusals();
  await world.apply();
  expect(world.loads).toEqual(['1.0.0', '1.1.0', '1.1.0']);
});

it('a version that hangs as it is loaded keeps nobody from hearing what the registry says next', async () => {
  world.promote('1.0.0');
  await world.apply();
  vi.useFakeTimers();
  try {
    world.faults.set('1.1.0', HANGS);
    world.promote('1.1.0');
    const applied = world.apply();
    await vi.advanceTimersByTimeAsync(15 * 60_000);
    expect(await applied).toEqual(['refused', 'accepted']);
    world.promote('1.2.0');
    expect(await world.apply()).toEqual(['accepted', 'accepted']);
    expect(world.meanings()).toEqual({ prod: '1.2.0' });
  } finally {
    vi.useRealTimers();
  }
});

it('a version that cannot be fetched is tried again', async () => {
  world.faults.set('1.0.0', new EngineError('PACKAGE_UNAVAILABLE', 'The bucket does not answer.'));
  world.promote('1.0.0');
  expect(await world.apply()).toEqual(['unavailable', 'accepted']);
  world.faults.clear();
  expect(await world.apply()).toEqual(['accepted', 'accepted']);
  expect(world.meanings()).toEqual({ prod: '1.0.0' });
});

it('a process that starts on a bad promotion serves what prod meant before', async () => {
  world.promote('1.0.0');
  world.promote('1.1.0');
  world.promote('1.2.0');
  world.faults.set('1.2.0', { line: 2, problem: 'other tokens' });
  expect(await world.apply()).toEqual(['refused', 'accepted']);
  expect(world.meanings()).toEqual({ prod: '1.1.0' });
});

it('a canary means nothing before it has passed, and nothing once the record has none', async () => {
  world.promote('1.0.0');
  world.promote('1.1.0', 'canary', 0.1);
  world.faults.set('1.1.0', { line: 2, drift: 3 });
  await world.apply();
  expect(world.meanings()).toEqual({ prod: '1.0.0' });
  world.faults.clear();
  world.model.forgetRefusals();
  await world.apply();
  expect(world.meanings()).toEqual({ prod: '1.0.0', canary: '1.1.0' });
  expect(world.model.aliases.canary?.share).toBe(0.1);
  world.promote('1.1.0');
  world.record = { ...world.record, aliases: { prod: world.record.aliases.prod ?? Object() } };
  await world.apply();
  expect(world.meanings()).toEqual({ prod: '1.1.0' });
  expect(world.loads).toEqual(['1.0.0', '1.1.0', '1.1.0']);
});

it('a version passes once the variants that rules lead to have answered their goldens, too', async () => {
  world.ruled = { prod: ['fp32'] };
  world.promote('1.0.0');
  expect(await world.apply()).toEqual(['accepted', 'accepted']);
  expect(world.loads).toEqual(['1.0.0', '1.0.0 fp32']);
  world.faults.set('1.1.0 fp32', { line: 7, drift: 1.5 });
  world.promote('1.1.0');
  expect(await world.apply()).toEqual(['refused', 'accepted']);
  expect(world.meanings()).toEqual({ prod: '1.0.0' });
  expect([...world.loaded]).toEqual(['1.0.0', '1.0.0 fp32']);
  const unnamed = new EngineError('PACKAGE_INVALID', 'Model sentiment@1.2.0 has no variant fp32.');
  world.faults.set('1.2.0 fp32', unnamed);
  world.promote('1.2.0');
  expect(await world.apply()).toEqual(['refused', 'accepted']);
  expect(world.told.at(-1)).toMatchObject({ kind: 'refused', version: '1.2.0', code: 'PACKAGE_INVALID' });
});

it('a variant that fails for one alias leaves the version to the other, which calls have already', async () => {
  world.promote('1.0.0');
  await world.apply();
  world.ruled = { stable: ['fp32'] };
  world.faults.set('1.0.0 fp32', { line: 7, drift: 1.5 });
  world.promote('1.0.0', 'stable');
  expect(await world.apply()).toEqual(['accepted', 'refused']);
  expect(world.meanings()).toEqual({ prod: '1.0.0' });
  expect([...world.loaded]).toEqual(['1.0.0']);
  world.faults.clear();
  world.model.forgetRefusals();
  expect(await world.apply()).toEqual(['accepted', 'accepted']);
  expect(world.meanings()).toEqual({ prod: '1.0.0', stable: '1.0.0' });
  expect([...world.loaded]).toEqual(['1.0.0', '1.0.0 fp32']);
});

it('names and numbers mean what the record says, passed or not, and prod what is served', async () => {
  world.promote('1.0.0');
  world.promote('1.1.0', 'canary', 0.1);
  world.faults.set('1.1.0', { line: 2, drift: 3 });
  expect(world.model.meaning()).toBeUndefined();
  await world.apply();
  const canary = { version: '1.1.0', manifestSha256: sumOf('1.1.0'), share: 0.1 };
  expect(world.model.meaning()).toEqual({ version: '1.0.0', manifestSha256: sumOf('1.0.0') });
  expect(world.model.meaning('prod')).toEqual(world.model.meaning());
  expect([world.model.meaning('canary'), world.model.meaning('1.1.0')]).toEqual([canary, canary]);
  expect([world.model.meaning('shadow'), world.model.meaning('1.2.0')]).toEqual([undefined, undefined]);
});

it('each change of what names mean is told once, with shares and checksums', async () => {
  world.promote('1.0.0');
  world.promote('1.1.0', 'canary', 0.1);
  for (let turn = 0; turn < 3; turn++) await world.apply();
  const alias = (name: string, version: string) => ({ alias: name, version, checksum: sumOf(version) });
  expect(world.told).toEqual([
    { kind: 'accepted', model: 'sentiment', aliases: [alias('prod', '1.0.0')] },
    {
      kind: 'accepted',
      model: 'sentiment',
      aliases: [alias('prod', '1.0.0'), alias('canary', '1.1.0')],
    },
  ]);
  world.promote('1.1.0', 'canary', 0.2);
  await world.apply();
  expect(world.told).toHaveLength(3);
});

it('the aliases that a call without a version may get pass before all others', async () => {
  for (const [version, alias] of [
    ['1.1.0', 'beta'],
    ['1.2.0', 'shadow'],
  ] as const)
    world.promote(version, alias);
  world.promote('1.0.0');
  await world.apply();
  expect(world.loads).toEqual(['1.0.0', '1.2.0', '1.1.0']);
});

it('a part of a record that could not be fetched outweighs one that is refused', async () => {
  world.promote('1.0.0', 'beta');
  world.promote('1.1.0', 'gamma');
  world.faults.set('1.0.0', new EngineError('PACKAGE_UNAVAILABLE', 'The bucket does not answer.'));
  world.faults.set('1.1.0', { line: 2, drift: 3 });
  expect(await world.apply()).toEqual(['accepted', 'unavailable']);
});

it('a process that starts tries two versions before the one that was refused, and those alone that are there', async () => {
  for (const version of ['1.3.0', '1.4.0']) world.push(version);
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0']) world.promote(version);
  world.remove('1.3.0');
  for (const version of ['1.4.0', '1.2.0', '1.1.0']) world.faults.set(version, { line: 2, drift: 3 });
  expect(await world.apply()).toEqual(['refused', 'accepted']);
  expect(world.loads).toEqual(['1.4.0', '1.2.0', '1.1.0']);
  expect(world.meanings()).toEqual({});
});

it('work that began with a version gets it, whether a name means it or not, and else is told why not', async () => {
  world.promote('1.0.0');
  await world.apply();
  const pinned = (version: string) => ({ version, manifestSha256: sumOf(version) });
  const release = await world.model.use(pinned('1.0.0'));
  expect(world.loads).toEqual(['1.0.0']);
  release();
  const ends = [await world.model.use(pinned('1.1.0')), await world.model.use(pinned('1.1.0'))];
  expect(world.loads).toEqual(['1.0.0', '1.1.0']);
  ends[0]?.();
  await new Promise(setImmediate);
  expect(world.unloaded).toEqual([]);
  ends[1]?.();
  await new Promise(setImmediate);
  expect(world.unloaded).toEqual(['1.1.0']);
  const fault = new EngineError('PACKAGE_UNAVAILABLE', 'The bucket does not answer.');
  world.faults.set('1.2.0', fault);
  await expect(world.model.use(pinned('1.2.0'))).rejects.toBe(fault);
  world.remove('1.2.0');
  await world.apply();
  await expect(world.model.use(pinned('1.2.0'))).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: 'Version 1.2.0 of model sentiment is no longer in the registry.',
    details: { model: 'sentiment' },
    cause: fault,
  });
});
