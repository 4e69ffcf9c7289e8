/**
 * @pilotlight/batch: files of rows in, files of predictions out, every row once.
 *
 * `predictFile` works on any stream of bytes. `processObject` does one object of S3, from its event to its summary;
 * `predictBatch` and `summarise` do the batches of a Distributed Map.
 */
export { BatchError, type BatchErrorCode } from './errors.ts';
export { detectFormat, type Format } from './file/formats.ts';
export { NO_PROGRESS, type Part, type Progress } from './file/parts.ts';
export { type FileJob, predictFile } from './file/predict-file.ts';
export type { ReadBytes, ReadOptions } from './file/read-rows.ts';
export { type BatchResult, predictBatch } from './map/predict-batch.ts';
export { type BackfillSummary, summarise } from './map/summarise.ts';
export type { Deadline } from './object/deadline.ts';
export { type ObjectJob, parseMessage } from './object/events.ts';
export { type FileOptions, parseOptions as parseFileOptions } from './object/options.ts';
export { type Processed, type ProcessorDependencies, processObject } from './object/process-object.ts';
export { createProcessor } from './object/processor.ts';
