/** The errors of rows, which cost one row each, and of files, which end a file. */
import { EngineError, type EngineErrorCode, PilotlightError } from '@pilotlight/engine';

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
  | 'ROWS_MISSING'
  | 'VERSION_GONE';

/** A file that cannot be processed as it is; trying again without a change gives the same. */
export class BatchError extends PilotlightError<BatchErrorCode> {
  override readonly name: string = 'BatchError';
}

/** A batch of rows that did not end in its time. Step Functions knows errors by their names, and tries this one again. */
export class OutOfTime extends BatchError {
  override readonly name = 'OutOfTime';

  constructor(message: string, cause: unknown) {
    super('OUT_OF_TIME', message, { cause });
  }
}

/** Faults that may be over by the next try: a slow neighbour, a permission on its way, a name that others give up. */
const PASSING: readonly BatchErrorCode[] = ['OUT_OF_TIME', 'OUTPUT_TAKEN', 'OBJECT_UNREADABLE'];
/** Faults of the engine that lie in the file: it names or asks for what there is not. */
const ASKED_FOR: readonly EngineErrorCode[] = ['MODEL_NOT_FOUND', 'PACKAGE_INVALID', 'INVALID_PARAMETER'];

/** Whether every further try would fail in the same way. */
export function isLasting(error: unknown): boolean {
  if (error instanceof BatchError) return !PASSING.includes(error.code);
  return error instanceof EngineError && ASKED_FOR.includes(error.code);
}

/** What a log may say of an error: the code where the message may quote a file or its key, and otherwise all. */
export function reasonOf(error: unknown): { readonly code: string } | { readonly error: unknown } {
  const quotes = PilotlightError.is(error) && (error instanceof BatchError || isLasting(error));
  return quotes ? { code: error.code } : { error };
}
