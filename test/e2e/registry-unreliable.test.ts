/** A registry beside an S3 on a bad day: errors, broken connections, and answers that are lost after the work was done. */
import {
  promoteVersion,
  pullPackage,
  pushPackage,
  RegistryBucket,
  readRecord,
  rollBack,
} from '@pilotlight/lifecycle/registry';
import { expect, test } from 'vitest';
import { Random } from '../fixtures/random.ts';
import { ACTOR, BUCKET, registryWorld, writeVersion } from '../unit/lifecycle/registry/registry-world.ts';
import { unreliable } from './unreliable-s3.ts';

const world = registryWorld();
/** Of the requests that meet trouble. */
const SHARE = 0.15;

test('every operation is done once, and history tells no more and no less', async () => {
  const s3 = await unreliable(world.server.endpoint, SHARE, new Random(7));
  try {
    const environment = { ...world.environment, AWS_ENDPOINT_URL_S3: s3.endpoint };
    const registry = RegistryBucket.open(`s3://${BUCKET}/unreliable`, environment);
    const versions = ['1.0.0', '1.1.0', '1.2.0'];
    for (const version of versions) {
      writeVersion(world, version);
      await pushPackage(registry, { name: 'reviews', version }, { ...ACTOR, packages: world.packages });
      await promoteVersion(registry, 'reviews', { ...ACTOR, wanted: version, to: 'prod' });
    }
    await rollBack(registry, 'reviews', 'prod', ACTOR);
    await pullPackage(registry, 'reviews', 'prod', { packages: world.scratch });
    const { history, aliases } = await readRecord(registry, 'reviews');
    expect(history.map(({ did }) => `${did.action} ${'version' in did ? did.version : ''}`)).toEqual([
      ...versions.flatMap((version) => [`push ${version}`, `promote ${version}`]),
      'rollback 1.1.0',
    ]);
    expect(aliases.prod?.version).toBe('1.1.0');
    const troubles = Object.values(s3.troubles).reduce((sum, count) => sum + count, 0);
    expect(troubles).toBeGreaterThan(5);
  } finally {
    await s3.close();
  }
});
