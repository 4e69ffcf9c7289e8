/**
 * @pilotlight/model-format: what a model package is. References, manifest, integrity and catalog, readable without
 * ONNX Runtime and without AWS.
 */
export { type CatalogEntry, readCatalog } from './catalog.ts';
export * from './manifest.ts';
export { checksumOf, parseManifest, refused } from './parse-manifest.ts';
export * from './pipeline-manifest.ts';
export { type ModelRef, parseModelRef, type ResolvedRef } from './refs.ts';
export { type ExecutionProvider, providerFor, variantFor } from './served-variant.ts';
export { compareVersions } from './versions.ts';
