/** The registry of packages in S3. See ADR-registry.md of the format, and docs/reference/registry.md. */
export { type Collected, type CollectOptions, collect } from './collect.ts';
export {
  type Decision,
  type Moved,
  type PromoteOptions,
  promoteVersion,
  type RollbackOptions,
  requireOfAlias,
  retireAlias,
  rollBack,
} from './promote.ts';
export { type Pulled, type PullOptions, pullPackage } from './pull.ts';
export { type Pushed, type PushOptions, pushPackage } from './push.ts';
export { type Actor, readRecord } from './record-store.ts';
export { RegistryBucket } from './s3-bucket.ts';
export { whoAmI } from './who.ts';
