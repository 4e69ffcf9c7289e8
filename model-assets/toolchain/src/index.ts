/**
 * @pilotlight/toolchain: a checkpoint or an .onnx export goes in, a verified, quantised package comes out.
 *
 * Nothing here prints: `packageModel` tells a `Progress` of its stages, `verifyPackage` a callback of its share.
 */
export {
  type ArchiveProblem,
  type InspectedPart,
  type Inspection,
  inspectArchive,
} from './allennlp/inspect/inspect-archive.ts';
export {
  type ArchiveOptions,
  type ArchiveResult,
  packageArchive,
} from './allennlp/package/package-archive.ts';
export { TOOLCHAIN_ERROR_CODES, ToolchainError, type ToolchainErrorCode } from './errors.ts';
export { type FetchModelOptions, fetchModel, type Wanted } from './fetch-model.ts';
export {
  type GenerationLatencyRow,
  measureGenerationLatency,
} from './generation/measure-latency.ts';
export type { TextAttempt } from './generation/package/ladder.ts';
export type { GeneratorOptions } from './generation/package/options.ts';
export { type GeneratorResult, packageGenerator } from './generation/package/package-generator.ts';
export { isGeneratorFolder } from './generation/package/read-generator.ts';
export { type PackageOptions, QUALITY_LEVELS, type QualityLevel } from './options.ts';
export { selectPackages } from './package/packages-folder.ts';
export type { LadderReport, RungReport } from './package/report-ladder.ts';
export { refuseExisting } from './package/staging.ts';
export { type PackageResult, packageModel } from './package-model.ts';
export { type BytesDone, type Progress, silent } from './progress.ts';
export { VARIANTS, type VariantName } from './schemes/index.ts';
export { INT8_RUNGS } from './schemes/rung.ts';
export type { QuantiseSettings } from './schemes/scheme.ts';
export { defaultCache } from './sources/remote/cache.ts';
export { type FetchedSource, isRemote } from './sources/remote/index.ts';
export {
  type ArchiveLatencyRow,
  type LatencyRow,
  measureArchiveLatency,
  measureLatency,
} from './stages/bench.ts';
export { readTexts } from './stages/goldens.ts';
export type { QuantiseReport } from './stages/quantise.ts';
export { type RecordedReference, type RecordOptions, recordReference } from './stages/record-reference.ts';
export type { VariantProof } from './stages/verify.ts';
export {
  packageTransformersJs,
  type TransformersJsOptions,
  type TransformersJsResult,
} from './transformers-js/package-model.ts';
export { type VerifyOptions, verifyPackage } from './verify-package.ts';
