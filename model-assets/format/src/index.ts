/**
 * @pilotlight/model-format: the definition of a model package. It has references, manifest, integrity and catalog,
 * readable without ONNX Runtime and without AWS.
 */
export { type CatalogEntry, readCatalog } from './catalog.ts';
export {
  FORMAT_VERSION,
  MANIFEST_FILE,
  modelNameSchema,
  modelVersionSchema,
  type PackageFile,
  packageFileSchema,
  packagePathSchema,
  sha256Schema,
} from './manifest/common.ts';
export * from './manifest/onnx.ts';
export {
  checksumOf,
  manifestText,
  type PackageManifest,
  parseManifest,
  type Runtime,
  refused,
} from './manifest/package-manifest.ts';
export * from './manifest/transformers-js.ts';
export {
  formatModelRef,
  isModelRef,
  type ModelRef,
  modelRefSchema,
  parseModelRef,
  type ResolvedRef,
} from './model-ref.ts';
export { type ExecutionProvider, providerFor, variantFor } from './served-variant.ts';
export {
  TASK_FACTS,
  TASKS,
  type TaskFacts,
  type TaskHead,
  type TaskName,
  wireParameters,
} from './tasks.ts';
export { compareVersions } from './versions.ts';
