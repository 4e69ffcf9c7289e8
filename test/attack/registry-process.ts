/** One operation of a registry, as a process that may be killed: `OPERATION PACKAGES PULLED`, the registry in PILOTLIGHT_REGISTRY. */
import {
  collect,
  promoteVersion,
  pullPackage,
  pushPackage,
  RegistryBucket,
  requireOfAlias,
  retireAlias,
  rollBack,
} from '@pilotlight/lifecycle/registry';

const [operation = '', packages = '', pulled = ''] = process.argv.slice(2);
const registry = RegistryBucket.open(process.env.PILOTLIGHT_REGISTRY ?? '');
const name = 'reviews';
const actor = { who: 'ada@example.com', because: 'it is better' };

const OPERATIONS: Readonly<Record<string, () => Promise<unknown>>> = {
  push: () => pushPackage(registry, { name, version: '1.3.0' }, { ...actor, packages }),
  promote: () => promoteVersion(registry, name, { ...actor, wanted: '1.2.0', to: 'canary', share: 0.1 }),
  rollback: () => rollBack(registry, name, 'prod', actor),
  retire: () => retireAlias(registry, name, 'prod', actor),
  require: () => requireOfAlias(registry, name, { ...actor, alias: 'prod', gates: ['flips<=5'] }),
  gc: () => collect(registry, name, { ...actor, keep: 2, olderThanDays: 0 }),
  pull: () => pullPackage(registry, name, 'prod', { packages: pulled }),
};

await OPERATIONS[operation]?.();
