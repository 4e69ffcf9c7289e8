/** What reads packages without running them: the toolchain of layers and stacks needs no ONNX Runtime for it. */
export { type CatalogEntry, readCatalog } from './catalog.ts';
export { isPipeline, type PackageManifest, type PipelineManifest } from './pipeline-manifest.ts';
export { variantFor } from './served-variant.ts';
export { parseManifest } from './store/parse-manifest.ts';
export { compareVersions } from './store/versions.ts';
