/**
 * @pilotlight/model-format: the definition of a model package. It has references, manifest, integrity and catalog,
 * readable without ONNX Runtime and without AWS.
 */
export { type CatalogEntry, readCatalog } from './catalog.ts';
export { MEGABYTES_PER_VCPU } from './lambda.ts';
export * from './manifest/allennlp.ts';
export {
  type BaseSource,
  FORMAT_VERSION,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  type PackageFile,
  packageFileSchema,
  packagePathSchema,
  sha256Schema,
} from './manifest/common.ts';
export { describeDistance, describeLoss, describeTextLoss } from './manifest/describe-loss.ts';
export * from './manifest/generation.ts';
export * from './manifest/onnx.ts';
export {
  findChecksum,
  manifestText,
  type PackageManifest,
  parseManifest,
  type Runtime,
  refused,
} from './manifest/package-manifest.ts';
export * from './manifest/transformers-js.ts';
export { besideFiles, packageFiles, servedFiles, sumOfBytes } from './package/files.ts';
export { corrupt, digestFile, type FileDigest, findFault, sha256Of } from './package/integrity.ts';
export { findOtherFile } from './package/other-files.ts';
export {
  openRegularFile,
  readRegularFile,
  requireRegular,
  resolveInside,
  withRegularFile,
} from './package/regular-file.ts';
export {
  providerFor,
  requireVariant,
  servedVariant,
  type VariantFiles,
  variantFor,
  variantsOf,
} from './package/served-variant.ts';
export {
  MAX_SIDECAR_BYTES,
  SERVED_SIDECARS,
  SIDECAR_FILES,
  type SidecarFile,
  sidecarFiles,
} from './package/sidecars.ts';
export {
  formatModelRef,
  isModelRef,
  type ModelRef,
  modelRefSchema,
  parseModelRef,
  type ResolvedRef,
} from './ref/model-ref.ts';
export { aliasNameSchema, modelNameSchema, modelVersionSchema } from './ref/names.ts';
export { chooseVersion, compareVersions } from './ref/versions.ts';
export { describeScheme, type ExecutionProvider, SCHEME_NAMES, type SchemeName } from './schemes.ts';
export {
  TASK_FACTS,
  TASKS,
  type TaskFacts,
  type TaskHead,
  type TaskName,
  wireParameters,
} from './tasks.ts';
export { listOf, ownValue, parseJson, parseJsonBy, parseUntilFault } from './untrusted.ts';
