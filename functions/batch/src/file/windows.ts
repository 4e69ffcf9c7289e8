/** Rows that are predicted together. */
import type { Gap, Row } from './rows.ts';

export interface WindowLimits {
  readonly maxRows: number;
  /** Bytes of records; a single longer record is a window of its own. */
  readonly maxBytes: number;
}

/** Rows, or a gap, at which a part ends. */
export type Window = { readonly rows: readonly Row[] } | Gap;

/**
 * Groups rows by their number and size alone, never by when they arrive: scores of an int8 model depend a little on
 * the other rows of a batch, so that the same rows must meet in every run. Where the source fails, the rows before
 * come first.
 */
export async function* collectWindows(
  groups: AsyncIterable<readonly (Row | Gap)[]>,
  { maxRows, maxBytes }: WindowLimits,
): AsyncGenerator<Window> {
  let rows: Row[] = [];
  let bytes = 0;
  const close = function* (): Generator<Window> {
    if (rows.length > 0) yield { rows };
    rows = [];
    bytes = 0;
  };
  try {
    for await (const group of groups) {
      for (const item of group) {
        if ('gap' in item) {
          yield* close();
          yield item;
          continue;
        }
        if (rows.length >= maxRows || bytes + item.bytes > maxBytes) yield* close();
        rows.push(item);
        bytes += item.bytes;
      }
    }
  } catch (error) {
    yield* close();
    throw error;
  }
  yield* close();
}
