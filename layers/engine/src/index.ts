/**
 * @pilotlight/engine: text in, prediction out.
 *
 * `Engine` -> `Predictor` -> `Task`: an engine finds and keeps models, a predictor runs one, a task says what its
 * inputs and results are.
 */

export * from '@pilotlight/model-format';
export * from '@pilotlight/model-format/errors';
export type { TokenCounts } from './batching/batch-runner.ts';
export type { BatchTally } from './batching/scheduler.ts';
export { estimateMs, type TokenLimits, tooMuchWork } from './batching/token-limits.ts';
export type { QueueLimits } from './batching/token-queue.ts';
export { Engine } from './engine.ts';
export type { BatchRecord, EngineOptions } from './load/options.ts';
export type * from './ports.ts';
export { refuseMoreCharacters } from './predict/character-limits.ts';
export type { GoldenCheck } from './predict/goldens/check.ts';
export { type Comparison, compareWithGolden, type Deviation, driftOf } from './predict/goldens/compare.ts';
export {
  GOLDEN_ROLES,
  type Golden,
  type GoldenOutput,
  goldenSchema,
  goldensHeaderSchema,
  MINIMUM_GOLDENS,
  requestOfGolden,
} from './predict/goldens/golden.ts';
export { topOfRows } from './predict/goldens/top-of-rows.ts';
export type {
  LoadedModel,
  Prediction,
  PredictOptions,
  PreparedCall,
  StageTimings,
} from './predict/loaded-model.ts';
export type { EachPrediction, Outcome, Predictor } from './predict/predictor.ts';
export type { DecodeOptions, Tokenization, TokenizeOptions } from './predict/tokenization.ts';
export { runtimeFolder, tryProvider } from './session/try-provider.ts';
export { FolderStore, type FolderStoreOptions } from './store/folder-store.ts';
export { JoinedStore } from './store/joined-store.ts';
export type { PackageObjects } from './store/s3/remote-package.ts';
export { S3Store, type S3StoreOptions } from './store/s3/s3-store.ts';
export { DEFAULT_TRANSFER, type TransferOptions } from './store/s3/transfer.ts';
export type { Features } from './tasks/feature-extraction.ts';
export type { MaskToken } from './tasks/fill-mask.ts';
export { type AnyTask, taskFor, tasksOf } from './tasks/index.ts';
export { refuseNotFinite } from './tasks/output.ts';
export type { SpanAnswer } from './tasks/question-answering.ts';
export { decodeTags } from './tasks/tag-decoding.ts';
export { tagsOf } from './tasks/tags.ts';
export type { LabelScore } from './tasks/text-classification.ts';
export type { RankedText } from './tasks/text-ranking.ts';
export type { Entity, EntityGroup } from './tasks/token-classification.ts';
export type { ZeroShot } from './tasks/zero-shot-classification.ts';
export { splitIsWhole } from './tokenizer/split-is-whole.ts';
export { ENGINE_VERSION } from './version.ts';
