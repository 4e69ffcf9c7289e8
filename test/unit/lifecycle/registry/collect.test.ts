import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import {
  collect,
  promoteVersion,
  pushPackage,
  readRecord,
  retireAlias,
  rollBack,
} from '@pilotlight/lifecycle/registry';
import { registeredVersions } from '@pilotlight/model-format/registry';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ACTOR,
  BUCKET,
  collectNow,
  keysBelow,
  pushVersions,
  registryWorld,
  writeVersion,
} from './registry-world.ts';

const world = registryWorld();
const START = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const promote = (wanted: string, to = 'prod') =>
  promoteVersion(world.registry, 'reviews', { ...ACTOR, wanted, to });
const there = async () => {
  const versions = registeredVersions(await readRecord(world.registry, 'reviews'));
  return versions.map(({ version }) => version).sort();
};
const push = () =>
  pushPackage(world.registry, { name: 'reviews', version: '1.0.0' }, { ...ACTOR, packages: world.packages });

describe('gc', () => {
  test('removes what nothing means: its entry is written, and no file of it stays', async () => {
    await pushVersions(world, '1.0.0', '1.1.0', '1.2.0');
    later(DAY);
    const collected = await collectNow(world, { keep: 1 });
    expect(collected.map(({ package: name, why }) => `${name} ${why}`)).toEqual([
      'reviews@1.0.0 old',
      'reviews@1.1.0 old',
    ]);
    expect(collected[0]).toMatchObject({ objects: 6, bytes: expect.any(Number) });
    expect(await there()).toEqual(['1.2.0']);
    expect(await keysBelow(world, 'reviews/1.0.0/')).toEqual([]);
    expect(await keysBelow(world, 'reviews/1.2.0/')).toHaveLength(6);
    const { history } = await readRecord(world.registry, 'reviews');
    expect(history.at(-1)).toMatchObject({ ...ACTOR, did: { action: 'remove', version: '1.1.0' } });
    expect(await collectNow(world, { keep: 1 })).toEqual([]);
  });

  test('with --dry-run tells the same and removes nothing', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    later(DAY);
    const before = await keysBelow(world);
    const told = await collectNow(world, { dryRun: true });
    expect(await keysBelow(world)).toEqual(before);
    expect(await collectNow(world)).toEqual(told);
  });

  test('leaves what an alias means, what it goes back to, and what it meant within the window', async () => {
    await pushVersions(world, '1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0');
    later(HOUR);
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
      await promote(version);
      later(DAY);
    }
    // 1.0.0 was prod until two days ago, 1.1.0 is what prod goes back to.
    expect((await collectNow(world, { olderThanDays: 3 })).map(({ package: name }) => name)).toEqual([
      'reviews@1.3.0',
    ]);
    expect((await collectNow(world, { olderThanDays: 1 })).map(({ package: name }) => name)).toEqual([
      'reviews@1.0.0',
    ]);
    expect(await there()).toEqual(['1.1.0', '1.2.0', '1.4.0']);
    await rollBack(world.registry, 'reviews', 'prod', ACTOR);
    expect(await collectNow(world, { olderThanDays: 1 })).toEqual([]);
  });

  test('leaves a version that was retired within the window, and takes it after', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    await promoteVersion(world.registry, 'reviews', { ...ACTOR, wanted: '1.0.0', to: 'shadow', share: 1 });
    later(10 * DAY);
    await retireAlias(world.registry, 'reviews', 'shadow', ACTOR);
    later(2 * DAY);
    expect(await collectNow(world, { olderThanDays: 3 })).toEqual([]);
    later(2 * DAY);
    expect(await collectNow(world, { olderThanDays: 3 })).toMatchObject([{ package: 'reviews@1.0.0' }]);
  });

  test('a removed version comes back with the same sum alone, and not while its files may be in deletion', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    later(DAY);
    await collectNow(world);
    later(29 * 60_000);
    await expect(push()).rejects.toMatchObject({
      code: 'REGISTRY_CONFLICT',
      message: expect.stringContaining('2026-01-02T00:30:00.000Z'),
    });
    later(60_001);
    writeVersion(world, '1.0.0', ['no', 'yes']);
    await expect(push()).rejects.toMatchObject({ code: 'VERSION_EXISTS' });
    writeVersion(world, '1.0.0');
    await push();
    expect(await there()).toEqual(['1.0.0', '1.1.0']);
  });

  test('leaves a push alone while it may go on, and takes what it left a day later', async () => {
    writeVersion(world, '1.0.0');
    const interrupted = vi.spyOn(world.registry, 'replace').mockRejectedValueOnce(new Error('killed'));
    await expect(push()).rejects.toThrow('killed');
    interrupted.mockRestore();
    expect(await keysBelow(world, '_registry/')).toEqual(['_registry/pushing/reviews@1.0.0.json']);
    later(23 * HOUR);
    expect(await collect(world.registry, undefined, { ...ACTOR, keep: 1, olderThanDays: 0 })).toEqual([]);
    later(2 * HOUR);
    expect(await collect(world.registry, undefined, { ...ACTOR, keep: 1, olderThanDays: 0 })).toMatchObject([
      { package: 'reviews@1.0.0', why: 'left', objects: 6 },
    ]);
    expect(await keysBelow(world)).toEqual(['_registry/reviews.json']);
  });

  test('ends a removal that was interrupted', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    later(DAY);
    const { registry } = world;
    const remove = registry.delete.bind(registry);
    const interrupted = vi.spyOn(registry, 'delete').mockImplementation(async (key) => {
      if (key.endsWith('tokenizer.json')) throw new Error('killed');
      await remove(key);
    });
    await expect(collectNow(world)).rejects.toThrow('killed');
    interrupted.mockRestore();
    expect(await keysBelow(world, 'reviews/1.0.0/')).toEqual(['reviews/1.0.0/tokenizer.json']);
    expect(await there()).toEqual(['1.1.0']);
    later(HOUR);
    expect(await collectNow(world)).toMatchObject([{ package: 'reviews@1.0.0', why: 'left', objects: 1 }]);
    expect(await keysBelow(world, 'reviews/1.0.0/')).toEqual([]);
  });

  test('never touches packages that were put by other means', async () => {
    await pushVersions(world, '1.0.0');
    await world.registry.put('reviews/0.9.0/model.json', Buffer.from('{}'), '');
    await world.registry.put('intent/1.0.0/model.json', Buffer.from('{}'), '');
    later(100 * DAY);
    expect(await collect(world.registry, undefined, { ...ACTOR, keep: 1, olderThanDays: 0 })).toEqual([]);
    expect(await keysBelow(world, 'reviews/0.9.0/')).toHaveLength(1);
    expect(await keysBelow(world, 'intent/')).toHaveLength(1);
  });

  test('gives up uploads in parts that were begun a day ago, of this registry alone', async () => {
    await pushVersions(world, '1.0.0');
    const Key = new URL(world.registry.url('reviews/1.0.0/large')).pathname.slice(1);
    for (const begun of [Key, 'elsewhere'])
      await world.client.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: begun }));
    const listed = async () => {
      const { Uploads = [] } = await world.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
      return Uploads.map((upload) => upload.Key);
    };
    later(23 * HOUR);
    await collectNow(world);
    expect(await listed()).toEqual(['elsewhere', Key]);
    later(2 * HOUR);
    await collectNow(world);
    expect(await listed()).toEqual(['elsewhere']);
  });
});
