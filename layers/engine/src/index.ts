/**
 * @pilotlight/engine: text in, prediction out.
 *
 * `Engine` -> `LoadedModel` -> `Task`: an engine finds and keeps models, a model runs one, a task says what its inputs and
 * results are. Everything that is not here is reached as `@pilotlight/engine/internal/*` by our other packages, and may
 * change with any version.
 */

export {
  type ArchiveManifest,
  type ArchiveTaskName,
  type ExecutionProvider,
  formatModelRef,
  type ModelRef,
  type OnnxManifest,
  type PackageManifest,
  parseModelRef,
  type Quality,
  type ResolvedRef,
  type TaskName,
  type TransformersJsDtype,
  type TransformersJsManifest,
  type TransformersJsTaskName,
  type Variant,
} from '@pilotlight/model-format';
export {
  EngineError,
  type EngineErrorCode,
  type ErrorDetails,
  PilotlightError,
} from '@pilotlight/model-format/errors';
export type { TokenCounts } from './batching/batch-runner.ts';
export type { BatchRecord } from './batching/batching-settings.ts';
export type { BatchTally } from './batching/scheduler.ts';
export type { TokenLimits } from './batching/token-limits.ts';
export type { QueueLimits } from './batching/token-queue.ts';
export { Engine } from './engine.ts';
export type { EngineOptions } from './load/options.ts';
export { ENGINE_VERSION } from './load/version.ts';
export type * from './ports.ts';
export type {
  FinishReason,
  GeneratedSequence,
  GeneratedToken,
  Generation,
  GenerationEvent,
} from './predict/generation.ts';
export type { GoldenCheck } from './predict/goldens/check.ts';
export type { Comparison, Deviation } from './predict/goldens/compare.ts';
export type { Golden, GoldenOutput } from './predict/goldens/golden.ts';
export type {
  AskedTask,
  BulkModel,
  EachPrediction,
  LoadedModel,
  Outcome,
  Prediction,
  PredictOptions,
  PreparedCall,
  StageTimings,
} from './predict/loaded-model.ts';
export type { TokenTimings } from './predict/prediction.ts';
export type { Predictor } from './predict/predictor.ts';
export type { DecodeOptions, Tokenization, TokenizeOptions } from './predict/tokenization.ts';
export type {
  ArchiveModel,
  AroundArchive,
  Json,
  JsonObject,
} from './runtimes/allennlp/archive-model.ts';
export type { Instance } from './runtimes/allennlp/instance.ts';
export { FolderStore, type FolderStoreOptions } from './store/folder-store.ts';
export { JoinedStore } from './store/joined-store.ts';
export type { PackageObjects } from './store/s3/remote-package.ts';
export { S3Store, type S3StoreOptions } from './store/s3/s3-store.ts';
export type { TransferOptions } from './store/s3/transfer.ts';
export type { Features } from './tasks/feature-extraction.ts';
export type { MaskToken } from './tasks/fill-mask.ts';
export { type AnyTask, listTasks } from './tasks/index.ts';
export type { SpanAnswer } from './tasks/question-answering.ts';
export type { LabelScore } from './tasks/text-classification.ts';
export type { RankedText } from './tasks/text-ranking.ts';
export type { Entity, EntityGroup } from './tasks/token-classification.ts';
export type { ZeroShot } from './tasks/zero-shot-classification.ts';
