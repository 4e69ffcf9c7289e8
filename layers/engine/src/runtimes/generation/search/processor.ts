import type { Edit } from './edits.ts';

/** Ids of one row: `ids` are those of the decoder from the first, `added` the new ones among them. */
export interface RowIds {
  readonly ids: readonly number[];
  readonly added: readonly number[];
}

/** Says what is to be edited of the scores of a row. */
export type Processor = (row: RowIds) => readonly Edit[];
