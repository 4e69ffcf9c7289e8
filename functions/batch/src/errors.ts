/** The errors of rows, which cost one row each, and of files, which end a file. */
import type { EngineErrorCode } from '@pilotlight/engine';
import { PilotlightError } from '@pilotlight/engine';

export const ROW_ERROR_CODES = [
  'INVALID_JSON',
  'INVALID_ROW',
  'INVALID_CSV',
  'INVALID_UTF8',
  'ROW_TOO_LONG',
] as const;
/** A row that could not be read; the engine's codes are those of a row that could not be predicted. */
export type ReadErrorCode = (typeof ROW_ERROR_CODES)[number];

export interface RowError {
  readonly code: ReadErrorCode | EngineErrorCode;
  readonly message: string;
}

export type BatchErrorCode =
  | 'EVENT_NOT_UNDERSTOOD'
  | 'KEY_NOT_UNDERSTOOD'
  | 'FORMAT_NOT_SUPPORTED'
  | 'OBJECT_UNREADABLE'
  | 'INVALID_OPTIONS'
  | 'COLUMN_NOT_FOUND'
  | 'COLUMN_NOT_UNIQUE'
  | 'BROKEN_GZIP'
  | 'NOT_UTF8'
  | 'NO_READABLE_ROW'
  | 'OUTPUT_TAKEN'
  | 'OUT_OF_TIME'
  | 'ROWS_MISSING';

/** A file that cannot be processed as it is; trying again without a change gives the same. */
export class BatchError extends PilotlightError<BatchErrorCode> {
  override readonly name = 'BatchError';
}
