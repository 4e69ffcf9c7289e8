import {
  type Moved,
  type PromoteOptions,
  promoteVersion,
  readRecord,
  requireOfAlias,
  retireAlias,
  rollBack,
} from '@pilotlight/lifecycle/registry';
import { describe, expect, test, vi } from 'vitest';
import { ACTOR, pushVersions, registryWorld } from './registry-world.ts';

const world = registryWorld();
const promote = (wanted: string, more: Partial<PromoteOptions> = {}): Promise<Moved> =>
  promoteVersion(world.registry, 'reviews', { ...ACTOR, wanted, to: 'prod', ...more });
const rollback = (alias = 'prod', from?: string) =>
  rollBack(world.registry, 'reviews', alias, { ...ACTOR, from });
const retire = (alias: string) => retireAlias(world.registry, 'reviews', alias, ACTOR);
const record = () => readRecord(world.registry, 'reviews');
const meant = async () =>
  Object.fromEntries(
    Object.entries((await record()).aliases).map(([alias, { version }]) => [alias, version]),
  );
const refusedBy = (code: string, part: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(part) });

describe('rollback', () => {
  test('goes back a version each time that it is told which one to leave, whatever was rolled back before', async () => {
    await pushVersions(world, '1.0.0', '1.1.0', '1.2.0');
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await promote(version);
    expect(await rollback()).toMatchObject({ before: 'reviews@1.2.0', package: 'reviews@1.1.0' });
    expect(await rollback('prod', '1.1.0')).toMatchObject({ package: 'reviews@1.0.0' });
    await expect(rollback('prod', '1.0.0')).rejects.toEqual(
      refusedBy('VERSION_MISSING', 'no version before it'),
    );
    await promote('1.2.0');
    expect(await rollback()).toMatchObject({ package: 'reviews@1.0.0' });
  });

  test('so soon after another, or from a version that was left already, does nothing and tells which', async () => {
    await pushVersions(world, '1.0.0', '1.1.0', '1.2.0');
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await promote(version);
    const { entry } = await rollback();
    const nothing = { package: 'reviews@1.1.0', lately: entry };
    expect(await rollback()).toMatchObject(nothing);
    expect(await rollback('prod', '1.2.0')).toMatchObject(nothing);
    await expect(rollback('prod', '1.0.0')).rejects.toEqual(refusedBy('REGISTRY_CONFLICT', '1.1.0 now'));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60_000 });
    expect(await rollback()).toMatchObject({ package: 'reviews@1.0.0' });
    vi.useRealTimers();
  });

  test('goes back although a rollback before it was written by a clock that was an hour ahead', async () => {
    await pushVersions(world, '1.0.0', '1.1.0', '1.2.0');
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await promote(version);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60 * 60_000 });
    await rollback();
    vi.useRealTimers();
    expect(await rollback()).toMatchObject({ package: 'reviews@1.0.0' });
  });

  test('leaves versions of a canary behind that had several shares, and gives the share of the one before', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    await promote('1.0.0', { to: 'canary', share: 0.01 });
    await promote('1.0.0', { to: 'canary', share: 0.5 });
    await promote('1.1.0', { to: 'canary', share: 0.05 });
    await promote('1.1.0', { to: 'canary', share: 0.2 });
    await rollback('canary');
    expect((await record()).aliases.canary).toMatchObject({ version: '1.0.0', share: 0.5 });
  });

  test('does not go back to what was retired', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    await promote('1.0.0', { to: 'canary', share: 0.1 });
    await retire('canary');
    await promote('1.1.0', { to: 'canary', share: 0.1 });
    await expect(rollback('canary')).rejects.toEqual(refusedBy('VERSION_MISSING', 'no version before'));
  });

  test('of many people at once goes back once, and all are told', async () => {
    await pushVersions(world, '1.0.0', '1.1.0', '1.2.0');
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await promote(version);
    const all = await Promise.all([rollback(), rollback(), rollback()]);
    expect(all.filter(({ entry }) => entry)).toHaveLength(1);
    expect(all.map((moved) => moved.package)).toEqual(all.map(() => 'reviews@1.1.0'));
    expect(await meant()).toEqual({ prod: '1.1.0' });
  });

  test('is not held up by a gate, but by an object that is missing', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    await promote('1.0.0');
    await promote('1.1.0');
    await requireOfAlias(world.registry, 'reviews', { alias: 'prod', gates: ['flips<=5'], ...ACTOR });
    const weights = await world.registry.read('reviews/1.0.0/int8/weights.bin', 1e6);
    await world.registry.delete('reviews/1.0.0/int8/weights.bin');
    await expect(rollback()).rejects.toEqual(refusedBy('PACKAGE_CORRUPT', 'int8/weights.bin is missing'));
    await world.registry.put('reviews/1.0.0/int8/weights.bin', weights?.body ?? Buffer.alloc(0), '');
    expect(await rollback()).toMatchObject({ package: 'reviews@1.0.0' });
  });
});

describe('retire', () => {
  test('ends what an alias means, once', async () => {
    await pushVersions(world, '1.0.0');
    await promote('1.0.0', { to: 'shadow', share: 1 });
    expect(await retire('shadow')).toMatchObject({ alias: 'shadow', before: 'reviews@1.0.0' });
    expect(await retire('shadow')).toEqual({ alias: 'shadow' });
    expect((await record()).aliases).toEqual({});
  });
});
