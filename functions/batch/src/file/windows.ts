/** Rows that are predicted together. */
import type { Row } from './rows.ts';

export interface WindowLimits {
  readonly maxRows: number;
  /** Bytes of records; a single longer record is a window of its own. */
  readonly maxBytes: number;
}

/**
 * Groups rows by their number and size alone, never by when they arrive: scores of an int8 model depend a little on
 * the other rows of a batch, so that the same rows must meet in every run. Where the source fails, the rows before
 * come first.
 */
export async function* collectWindows(
  groups: AsyncIterable<readonly Row[]>,
  { maxRows, maxBytes }: WindowLimits,
): AsyncGenerator<readonly Row[]> {
  let window: Row[] = [];
  let bytes = 0;
  try {
    for await (const rows of groups) {
      for (const row of rows) {
        if (window.length > 0 && (window.length >= maxRows || bytes + row.bytes > maxBytes)) {
          yield window;
          window = [];
          bytes = 0;
        }
        window.push(row);
        bytes += row.bytes;
      }
    }
  } catch (error) {
    if (window.length > 0) yield window;
    throw error;
  }
  if (window.length > 0) yield window;
}
