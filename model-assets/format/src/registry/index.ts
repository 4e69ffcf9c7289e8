/** @pilotlight/model-format/registry: what a registry of packages records. It is apart, so that whoever serves a model without one does not load it. */
export { type GateResult, gateResultSchema } from './gate.ts';
export {
  type Alias,
  CANARY,
  emptyRecord,
  MAX_BECAUSE,
  MAX_REGISTRY_BYTES,
  MAX_WHO,
  PROD,
  parseRecord,
  REGISTRY_FOLDER,
  type RegisteredVersion,
  type RegistryAction,
  type RegistryEntry,
  type RegistryRecord,
  type RequiredGates,
  recordAction,
  recordText,
  registeredVersions,
  registryKey,
  requiredGates,
  SHADOW,
} from './record.ts';
