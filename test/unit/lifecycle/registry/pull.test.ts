import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pullPackage } from '@pilotlight/lifecycle/registry';
import { describe, expect, test } from 'vitest';
import { FILES, flipByte, pushVersions, registryWorld } from './registry-world.ts';

const world = registryWorld();
const pull = (wanted?: string) => pullPackage(world.registry, 'reviews', wanted, { packages: world.scratch });

describe('pull', () => {
  test('gives the package byte for byte, by version, by nothing for the highest', async () => {
    await pushVersions(world, '1.9.0', '1.10.0');
    expect(await pull()).toMatchObject({ package: 'reviews@1.10.0' });
    await pull('1.9.0');
    for (const file of FILES) {
      const path = join('reviews/1.9.0', file);
      expect(readFileSync(join(world.scratch, path))).toEqual(readFileSync(join(world.packages, path)));
    }
    expect(readdirSync(join(world.scratch, 'reviews/1.9.0'), { recursive: true }).sort()).toEqual(
      [...FILES, 'int8'].sort(),
    );
  });

  test('fetches nothing of a package that is there and intact', async () => {
    await pushVersions(world, '1.0.0');
    const first = await pull('1.0.0');
    expect(first.receivedBytes).toBeGreaterThanOrEqual(first.bytes);
    expect(await pull('1.0.0')).toMatchObject({ receivedBytes: 0 });
  });

  test('says which versions and aliases there are where the one that is wanted is not', async () => {
    await expect(pull('1.0.0')).rejects.toMatchObject({
      code: 'VERSION_MISSING',
      message: 'The registry has no version of reviews. Push one: pilotlight models push reviews.',
    });
    await pushVersions(world, '1.0.0', '1.1.0');
    for (const wanted of ['2.0.0', 'prod', 'constructor']) {
      await expect(pull(wanted)).rejects.toMatchObject({
        message: `The registry has no reviews@${wanted}; it has 1.0.0, 1.1.0.`,
      });
    }
  });

  test.each(['int8/weights.bin', 'int8/model.onnx', 'tokenizer.json', 'goldens.jsonl', 'model.json'])(
    'a byte that flipped in %s after the push is refused with the object, and no package appears',
    async (file) => {
      await pushVersions(world, '1.0.0');
      await flipByte(world, `reviews/1.0.0/${file}`);
      await expect(pull('1.0.0')).rejects.toMatchObject({
        code: 'PACKAGE_CORRUPT',
        message: expect.stringContaining(`reviews/1.0.0/${file}`),
      });
      expect(existsSync(join(world.scratch, 'reviews'))).toBe(false);
    },
  );

  test('a byte that flipped in the record is refused with the record', async () => {
    await pushVersions(world, '1.0.0');
    await flipByte(world, '_registry/reviews.json');
    await expect(pull('1.0.0')).rejects.toMatchObject({
      code: 'REGISTRY_INVALID',
      message: expect.stringContaining('_registry/reviews.json'),
    });
  });

  test('into a folder that cannot be written names the folder, and not the network', async () => {
    await pushVersions(world, '1.0.0');
    writeFileSync(world.scratch, 'a file');
    await expect(pull('1.0.0')).rejects.toMatchObject({
      code: 'FOLDER_UNWRITABLE',
      message: `${world.scratch} cannot be written (ENOTDIR). Make room, or choose another folder with --packages.`,
    });
  });
});
