/** A registry on an S3 that is not ours, so that both may not be wrong in the same way. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  collect,
  promoteVersion,
  pullPackage,
  pushPackage,
  RegistryBucket,
  readRecord,
  rollBack,
} from '@pilotlight/lifecycle/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePackage } from '../unit/layers/model-packages.ts';
import { hasMoto, type Moto, startMoto } from './moto.ts';

const ACTOR = { who: 'ada@example.com', because: 'it is better' };
const VERSIONS = ['1.0.0', '1.1.0', '1.2.0'];

/** Gives the package weights that are put in parts. */
function enlarge(folder: string): void {
  const weights = Buffer.alloc(17 * 2 ** 20 + 1, 'pilotlight');
  const file = join(folder, 'model.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const described = manifest.variants.int8.files.find(
    ({ path }: { path: string }) => path === 'int8/weights.bin',
  );
  described.bytes = weights.length;
  described.sha256 = createHash('sha256').update(weights).digest('hex');
  writeFileSync(join(folder, 'int8/weights.bin'), weights);
  writeFileSync(file, JSON.stringify(manifest));
}

describe.skipIf(!hasMoto)("a registry (skipped without moto: pip install 'moto[server]')", () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-moto-'));
  const packages = join(folder, 'packages');
  let moto: Moto;
  let registry: RegistryBucket;
  beforeAll(async () => {
    moto = await startMoto();
    registry = RegistryBucket.open('s3://uploads/registry', moto.environment);
    for (const version of VERSIONS) writePackage(packages, { name: 'reviews', version });
    enlarge(join(packages, 'reviews/1.2.0'));
  }, 60_000);
  afterAll(async () => {
    await moto.close();
    rmSync(folder, { recursive: true });
  });

  it('takes versions, moves aliases in order, gives back the same bytes, and removes what is old', async () => {
    const push = (version: string) =>
      pushPackage(registry, { name: 'reviews', version }, { ...ACTOR, packages });
    for (const version of VERSIONS) expect(await push(version)).toMatchObject({ wasThere: false });
    expect(await push('1.2.0')).toMatchObject({ wasThere: true, sent: { files: 0 } });

    const promote = (wanted: string) => promoteVersion(registry, 'reviews', { ...ACTOR, wanted, to: 'prod' });
    await Promise.all(['1.1.0', '1.2.0'].map(promote));
    const { history } = await readRecord(registry, 'reviews');
    expect(history.map(({ did }) => did.action)).toEqual(['push', 'push', 'push', 'promote', 'promote']);
    await promote('1.2.0');
    const pulled = join(folder, 'pulled');
    await pullPackage(registry, 'reviews', 'prod', { packages: pulled });
    for (const file of ['model.json', 'int8/weights.bin']) {
      const path = join('reviews/1.2.0', file);
      expect(readFileSync(join(pulled, path)).equals(readFileSync(join(packages, path))), file).toBe(true);
    }
    const back = await rollBack(registry, 'reviews', 'prod', ACTOR);
    expect(back.package).toBe('reviews@1.1.0');

    const collected = await collect(registry, 'reviews', { ...ACTOR, keep: 2, olderThanDays: 0 });
    expect(collected).toMatchObject([{ package: 'reviews@1.0.0', why: 'old', objects: 6 }]);
    expect((await registry.list('reviews/1.0.0/')).length).toBe(0);
  });

  it('writes a record only where nobody else has', async () => {
    const before = await registry.read('_registry/reviews.json', 1e6);
    expect(await registry.replace('_registry/reviews.json', 'lost', undefined)).toBe(false);
    const stale = { etag: '"0"', bytes: 1, metadata: {} };
    expect(await registry.replace('_registry/reviews.json', 'lost', stale)).toBe(false);
    expect(await registry.read('_registry/reviews.json', 1e6)).toEqual(before);
  });
});
