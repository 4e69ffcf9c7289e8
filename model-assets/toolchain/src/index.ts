/** Brings models in: a Hugging Face checkpoint or an ONNX export becomes a verified, quantised model package. */
export { TOOLCHAIN_ERROR_CODES, ToolchainError, type ToolchainErrorCode } from './errors.ts';
export { type AddOptions, VARIANTS, type VariantName } from './package/add-options.ts';
export { selectPackages } from './package/packages-folder.ts';
export { type AddResult, addModel } from './pipeline.ts';
export { type AddPipelineOptions, addPipeline } from './pipelines/add-pipeline.ts';
export { verifyPipeline } from './pipelines/verify-pipeline.ts';
export { type Progress, silent } from './progress.ts';
export { type LatencyRow, measureLatency } from './stages/bench.ts';
export { type VariantProof, verifyPackage } from './stages/verify.ts';
