/** A file in, parts of predictions out: reading, predicting and what the caller does with a part overlap. */
import type { TaskName } from '@pilotlight/engine';
import { ahead } from './ahead.ts';
import { answerRows, type BulkPredictor } from './answers.ts';
import type { Format } from './formats.ts';
import { MAX_ROW_BYTES, PART_ROWS, partLimits, windowLimits } from './limits.ts';
import { collectParts, NO_PROGRESS, type Part, type Progress } from './parts.ts';
import { type ReadBytes, type ReadOptions, readRows } from './read-rows.ts';
import { collectWindows } from './windows.ts';

export interface FileJob {
  readonly read: ReadBytes;
  readonly format: Format;
  /** @default - `text` and `id` are the columns of a CSV file, a comma divides them, and a row has 1 MB at most */
  readonly options?: ReadOptions;
  readonly predictor: BulkPredictor & { readonly manifest: { readonly task: TaskName } };
  /** Parameters of the task. @default - those of the task */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Rows that close a part. @default 10,000 */
  readonly partRows?: number;
  /** Where to go on; it must be the end of a part of the same job. @default - the beginning */
  readonly from?: Progress;
  /** Stops between two batches once it is aborted. */
  readonly signal?: AbortSignal;
}

const DEFAULT_OPTIONS: ReadOptions = {
  delimiter: ',',
  column: 'text',
  idColumn: 'id',
  maxRowBytes: MAX_ROW_BYTES,
};

/** Windows that lie ready while one is predicted. */
const WINDOWS_AHEAD = 1;

/**
 * The parts after `from`. The same job gives the same parts byte for byte, wherever it was interrupted.
 *
 * @throws BatchError BROKEN_GZIP, NOT_UTF8, COLUMN_NOT_FOUND, after a part with the rows that could be read;
 * EngineError as `Predictor.predictEach`
 */
export function predictFile(job: FileJob): AsyncGenerator<Part> {
  const { read, format, predictor, signal } = job;
  const { options = DEFAULT_OPTIONS, parameters = {}, partRows = PART_ROWS, from = NO_PROGRESS } = job;
  const rows = readRows(read, format, options, from.position);
  const windows = ahead(collectWindows(rows, windowLimits(predictor.manifest.task, partRows)), WINDOWS_AHEAD);
  const answer = (window: Parameters<typeof answerRows>[0]) =>
    answerRows(window, predictor, parameters, signal);
  return collectParts(windows, answer, partLimits(partRows), from);
}
