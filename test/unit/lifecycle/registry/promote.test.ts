import {
  type Moved,
  type PromoteOptions,
  promoteVersion,
  pullPackage,
  readRecord,
  requireOfAlias,
} from '@pilotlight/lifecycle/registry';
import type { GateResult } from '@pilotlight/model-format/registry';
import { describe, expect, test } from 'vitest';
import { ACTOR, flipByte, pushVersions, registryWorld, writeVersion } from './registry-world.ts';

const world = registryWorld();
const promote = (wanted: string, more: Partial<PromoteOptions> = {}): Promise<Moved> =>
  promoteVersion(world.registry, 'reviews', { ...ACTOR, wanted, to: 'prod', ...more });
const record = () => readRecord(world.registry, 'reviews');
const meant = async () =>
  Object.fromEntries(
    Object.entries((await record()).aliases).map(([alias, { version }]) => [alias, version]),
  );
const refusedBy = (code: string, part: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(part) });

function gate(manifestSha256: string, passed = true): GateResult {
  const dataset = { name: 'test.jsonl', sha256: 'd'.repeat(64), rows: 100 };
  return { gate: 'accuracy>=0.9', value: passed ? 0.93 : 0.87, passed, dataset, manifestSha256 };
}

describe('promote', () => {
  test('lets an alias mean a version, with who, why and the gates that were passed', async () => {
    await pushVersions(world, '1.0.0');
    const manifestSha256 = writeVersion(world, '1.0.0');
    const gates = [gate(manifestSha256)];
    const moved = await promote('1.0.0', { gates });
    const did = { action: 'promote', alias: 'prod', version: '1.0.0', manifestSha256, gates };
    expect(moved).toMatchObject({ alias: 'prod', package: 'reviews@1.0.0', entry: { ...ACTOR, did } });
    expect((await record()).aliases).toEqual({ prod: { version: '1.0.0', manifestSha256 } });
    expect(await pullPackage(world.registry, 'reviews', 'prod', { packages: world.scratch })).toMatchObject({
      package: 'reviews@1.0.0',
    });
  });

  test('again of the same version changes nothing', async () => {
    await pushVersions(world, '1.0.0');
    await promote('1.0.0');
    expect(await promote('1.0.0')).toEqual({
      alias: 'prod',
      package: 'reviews@1.0.0',
      before: 'reviews@1.0.0',
    });
    expect((await record()).history).toHaveLength(2);
    const gates = [gate(writeVersion(world, '1.0.0'))];
    await promote('1.0.0', { gates });
    await promote('1.0.0', { gates });
    expect((await record()).history).toHaveLength(3);
  });

  test('takes what another alias means', async () => {
    await pushVersions(world, '1.0.0', '1.1.0');
    await promote('1.0.0', { to: 'canary', share: 0.05 });
    expect(await promote('canary')).toMatchObject({ package: 'reviews@1.0.0' });
  });

  test.each([
    [{ to: 'canary' }, 'add --share'],
    [{ to: 'shadow' }, 'add --share'],
    [{ to: 'prod', share: 0.5 }, 'leave --share out'],
  ])('%j is refused, because canary and shadow alone have a share', async (options, part) => {
    await pushVersions(world, '1.0.0');
    await expect(promote('1.0.0', options)).rejects.toEqual(refusedBy('USAGE', part));
  });

  test('of a version that is not there is refused with those that are', async () => {
    await pushVersions(world, '1.0.0');
    await expect(promote('1.1.0')).rejects.toEqual(refusedBy('VERSION_MISSING', 'it has 1.0.0'));
  });

  test('is refused where a gate has failed, with its value, or the report is of another package', async () => {
    await pushVersions(world, '1.0.0');
    const manifestSha256 = writeVersion(world, '1.0.0');
    await expect(promote('1.0.0', { gates: [gate(manifestSha256, false)] })).rejects.toEqual(
      refusedBy('GATE_FAILED', 'it failed accuracy>=0.9 (0.87)'),
    );
    await expect(promote('1.0.0', { gates: [gate('f'.repeat(64))] })).rejects.toEqual(
      refusedBy('GATE_FAILED', 'the report is of another package'),
    );
    expect(await meant()).toEqual({});
  });

  test('is refused without a report that has the gates that the alias requires', async () => {
    await pushVersions(world, '1.0.0');
    const manifestSha256 = writeVersion(world, '1.0.0');
    const require = (gates: string[]) =>
      requireOfAlias(world.registry, 'reviews', { alias: 'prod', gates, ...ACTOR });
    await require(['accuracy>=0.9', 'flips<=5']);
    await expect(promote('1.0.0', { gates: [gate(manifestSha256)] })).rejects.toEqual(
      refusedBy('GATE_FAILED', 'prod requires flips<=5'),
    );
    await promote('1.0.0', { to: 'staging' });
    expect(await require(['accuracy>=0.9'])).toBeDefined();
    expect(await require(['accuracy>=0.9'])).toBeUndefined();
    await promote('1.0.0', { gates: [gate(manifestSha256)] });
    expect(await meant()).toEqual({ prod: '1.0.0', staging: '1.0.0' });
  });

  test('is refused where a required gate was passed on another dataset than the one that is required', async () => {
    await pushVersions(world, '1.0.0');
    const gates = [gate(writeVersion(world, '1.0.0'))];
    const require = (datasetSha256: string) =>
      requireOfAlias(world.registry, 'reviews', {
        alias: 'prod',
        gates: ['accuracy>=0.9'],
        datasetSha256,
        ...ACTOR,
      });
    await require('e'.repeat(64));
    await expect(promote('1.0.0', { gates })).rejects.toEqual(
      refusedBy('GATE_FAILED', `accuracy>=0.9 on the dataset with the sha256 ${'e'.repeat(64)}`),
    );
    expect(await require('d'.repeat(64))).toBeDefined();
    expect(await require('d'.repeat(64))).toBeUndefined();
    await promote('1.0.0', { gates });
    expect(await meant()).toEqual({ prod: '1.0.0' });
  });

  test.each([
    ['because', { because: 'b'.repeat(2_001) }],
    ['who', { who: '' }],
    ['who', { who: 'w'.repeat(201) }],
  ])(
    'is refused by the name of the option where %s is not as long as a record takes it',
    async (field, more) => {
      await pushVersions(world, '1.0.0');
      await expect(promote('1.0.0', more)).rejects.toEqual(refusedBy('USAGE', `--${field} takes 1 to`));
    },
  );

  test.each(['int8/weights.bin', 'int8/model.onnx', 'tokenizer.json', 'goldens.jsonl', 'model.json'])(
    'a byte that flipped in %s after the push is refused with the object, and the alias stays',
    async (file) => {
      await pushVersions(world, '1.0.0', '1.1.0');
      await promote('1.0.0');
      await flipByte(world, `reviews/1.1.0/${file}`);
      await expect(promote('1.1.0')).rejects.toEqual(
        refusedBy('PACKAGE_CORRUPT', world.registry.url(`reviews/1.1.0/${file}`)),
      );
      expect(await meant()).toEqual({ prod: '1.0.0' });
    },
  );

  test('of many at once wins each in its turn, and history has all of them in order', async () => {
    const versions = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];
    await pushVersions(world, ...versions);
    await Promise.all(versions.map((version) => promote(version)));
    const { history, aliases } = await record();
    const promoted = history.flatMap(({ did }) => (did.action === 'promote' ? did.version : []));
    expect(promoted.toSorted()).toEqual(versions);
    expect(aliases.prod?.version).toBe(promoted.at(-1));
  });
});
