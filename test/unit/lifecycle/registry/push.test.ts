import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PushOptions, pullPackage, pushPackage, readRecord } from '@pilotlight/lifecycle/registry';
import { sha256Of } from '@pilotlight/model-format';
import { describe, expect, test } from 'vitest';
import { ACTOR, FILES, keysBelow, registryWorld, writeVersion } from './registry-world.ts';

const world = registryWorld();
const ref = { name: 'reviews', version: '1.0.0' };
const push = (options: Partial<PushOptions> = {}) =>
  pushPackage(world.registry, ref, { ...ACTOR, packages: world.packages, ...options });
const pull = (wanted?: string) => pullPackage(world.registry, 'reviews', wanted, { packages: world.scratch });

describe('push', () => {
  test('puts every file, enters the version with its sum and size, and leaves no marker', async () => {
    const manifestSha256 = writeVersion(world, '1.0.0');
    const pushed = await push();
    expect(pushed).toMatchObject({ package: 'reviews@1.0.0', manifestSha256, wasThere: false });
    expect(pushed.sent).toEqual({ files: FILES.length, bytes: pushed.bytes });
    expect(await keysBelow(world)).toEqual([
      '_registry/reviews.json',
      ...FILES.map((file) => `reviews/1.0.0/${file}`),
    ]);
    const { history } = await readRecord(world.registry, 'reviews');
    const did = { action: 'push', version: '1.0.0', manifestSha256, bytes: pushed.bytes };
    expect(history).toEqual([{ at: expect.any(String), ...ACTOR, did }]);
  });

  test('tells how many bytes are there of how many', async () => {
    writeVersion(world, '1.0.0');
    const told: [number, number][] = [];
    const { bytes } = await push({ onBytes: (done, all) => told.push([done, all]) });
    expect(told.map(([, all]) => all)).toEqual(FILES.map(() => bytes));
    expect(told.at(-1)?.[0]).toBe(bytes);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b));
  });

  test('of the same package does nothing more', async () => {
    writeVersion(world, '1.0.0');
    await push();
    expect(await push()).toMatchObject({ wasThere: true, sent: { files: 0, bytes: 0 } });
    expect((await readRecord(world.registry, 'reviews')).history).toHaveLength(1);
  });

  test('of another package under the same version is refused with both sums, and changes nothing', async () => {
    const first = writeVersion(world, '1.0.0');
    await push();
    const before = await keysBelow(world);
    const second = writeVersion(world, '1.0.0', ['no', 'yes']);
    await expect(push()).rejects.toMatchObject({
      code: 'VERSION_EXISTS',
      message: expect.stringMatching(new RegExp(`${first.slice(0, 12)}.*${second.slice(0, 12)}`)),
    });
    expect(await keysBelow(world)).toEqual(before);
    expect(await pull('1.0.0')).toMatchObject({ manifestSha256: first });
  });

  test('puts a file that is missing, and enters nothing', async () => {
    writeVersion(world, '1.0.0');
    await push();
    await world.registry.delete('reviews/1.0.0/int8/weights.bin');
    expect(await push()).toMatchObject({ wasThere: true, sent: { files: 1 } });
    expect((await readRecord(world.registry, 'reviews')).history).toHaveLength(1);
  });

  test('takes files that lie there already, put by other means, for what they are', async () => {
    writeVersion(world, '1.0.0');
    const weights = readFileSync(join(world.packages, 'reviews/1.0.0/int8/weights.bin'));
    await world.registry.put('reviews/1.0.0/int8/weights.bin', weights, sha256Of(weights));
    await world.registry.replace('reviews/1.0.0/goldens.jsonl', 'others', undefined);
    await expect(push()).rejects.toMatchObject({
      code: 'VERSION_EXISTS',
      message: expect.stringContaining(world.registry.url('reviews/1.0.0/goldens.jsonl')),
    });
    await world.registry.delete('reviews/1.0.0/goldens.jsonl');
    expect((await push()).sent.files).toBe(2);
  });

  test('refuses a package whose weights are not those of its manifest before anything is put', async () => {
    writeVersion(world, '1.0.0');
    appendFileSync(join(world.packages, 'reviews/1.0.0/int8/weights.bin'), 'x');
    await expect(push()).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: expect.stringContaining('int8/weights.bin has'),
    });
    expect(await keysBelow(world)).toEqual([]);
  });

  test('brings sidecars along, and a newer one in the place of an older', async () => {
    writeVersion(world, '1.0.0');
    const signature = join(world.packages, 'reviews/1.0.0/signature.json');
    await push();
    writeFileSync(signature, '{"key":1}');
    await push();
    await pull('1.0.0');
    const pulled = join(world.scratch, 'reviews/1.0.0/signature.json');
    expect(readFileSync(pulled, 'utf8')).toBe('{"key":1}');
    writeFileSync(signature, '{"key":2}');
    await push();
    await pull('1.0.0');
    expect(readFileSync(pulled, 'utf8')).toBe('{"key":2}');
    rmSync(signature);
  });

  test('of two people at once enters the version once', async () => {
    writeVersion(world, '1.0.0');
    await Promise.all([push(), push(), push()]);
    expect((await readRecord(world.registry, 'reviews')).history).toHaveLength(1);
  });
});
