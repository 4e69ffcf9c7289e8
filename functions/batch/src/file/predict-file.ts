/** A file in, parts of predictions out: reading, predicting and what the caller does with a part overlap. */
import { ahead } from './ahead.ts';
import { answerRows, type BulkPredictor } from './answers.ts';
import type { Format } from './formats.ts';
import { PART_ROWS, partLimits, windowLimits } from './limits.ts';
import { collectParts, NO_PROGRESS, type Part, type Progress } from './parts.ts';
import { type ReadBytes, type ReadOptions, readRows } from './read-rows.ts';
import { rowTask } from './row-task.ts';
import { collectWindows } from './windows.ts';

export interface FileJob {
  readonly read: ReadBytes;
  readonly format: Format;
  /** @default - that of each option */
  readonly options?: ReadOptions;
  readonly predictor: BulkPredictor;
  /** Parameters of the task. @default - those of the task */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Rows that close a part. @default 10,000 */
  readonly partRows?: number;
  /** Where to go on; it must be the end of a part of the same job. @default - the beginning */
  readonly from?: Progress;
  /** Stops reading, and predicting between two batches, once it is aborted. */
  readonly signal?: AbortSignal;
  /** Is told of what is odd about the file as a whole, but costs no row: bytes after the end of gzip. */
  readonly warn?: (warning: string) => void;
}

/** Windows that lie ready while one is predicted. */
const WINDOWS_AHEAD = 1;

/**
 * The parts after `from`. The same job gives the same parts byte for byte, wherever it was interrupted.
 *
 * @throws BatchError BROKEN_GZIP, NOT_UTF8, COLUMN_NOT_FOUND, COLUMN_NOT_UNIQUE, INVALID_OPTIONS, after a part with the
 * rows that could be read; EngineError as `BulkModel.predictEach`
 */
export function predictFile(job: FileJob): AsyncGenerator<Part> {
  const { read, format, predictor, signal, warn } = job;
  const { options = {}, parameters = {}, partRows = PART_ROWS, from = NO_PROGRESS } = job;
  const task = rowTask(predictor.manifest);
  const rows = readRows({ read, format, options, task, from: from.position, signal, warn });
  const windows = ahead(collectWindows(rows, windowLimits(task, partRows)), WINDOWS_AHEAD);
  const answer = (window: Parameters<typeof answerRows>[0]) =>
    answerRows(window, predictor, parameters, signal);
  return collectParts(windows, answer, partLimits(partRows), from);
}
